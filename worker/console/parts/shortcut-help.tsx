import type { Signal } from "@preact/signals";
import { shortcuts } from "../app/shortcuts.ts";
import { Modal } from "./modal.tsx";

/** The keys that work on the page that is shown. */
export function ShortcutHelp({ isOpen }: { isOpen: Signal<boolean> }) {
  return (
    <Modal title="Keys" isOpen={isOpen}>
      <dl class="keys">
        {shortcuts.value.map(({ key, label }) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{label}</dd>
          </div>
        ))}
        <div>
          <dt>
            <kbd>Esc</kbd>
          </dt>
          <dd>Close a dialog</dd>
        </div>
      </dl>
    </Modal>
  );
}
