import { useId, useRef } from "preact/hooks";
import { tellFailure } from "../app/notices.ts";

/** Something to be done. */
export interface MenuItem {
  text: string;
  tone?: string;
  run: () => unknown;
}

/** A button that shows a few more things to do; closes with Esc, with a click elsewhere, or after one of them. */
export function Menu({ label, items }: { label: string; items: readonly MenuItem[] }) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const choose = async (item: MenuItem) => {
    list.current?.hidePopover();
    await item.run();
  };
  return (
    <div class="menu">
      <button class="icon" aria-label={label} popovertarget={id}>
        ⋯
      </button>
      <div class="menu-list" id={id} ref={list} popover="auto">
        {items.map((item) => (
          <button
            key={item.text}
            class={`quiet ${item.tone ?? ""}`}
            onClick={() => void choose(item).catch(tellFailure)}
          >
            {item.text}
          </button>
        ))}
      </div>
    </div>
  );
}
