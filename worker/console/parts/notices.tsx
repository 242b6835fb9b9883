import { isLost } from "../app/line.ts";
import { dismiss, notices } from "../app/notices.ts";
import { openDialogs } from "./open-dialogs.ts";

/**
 * The messages at the page's edge. The regions stay, so that screen readers hear what comes into them. An
 * open dialog has regions of its own: all that is outside of it can neither be heard nor clicked.
 */
export function Notices({ dialog }: { dialog?: string }) {
  const isHere = openDialogs.value.at(-1) === dialog;
  return (
    <>
      <output class="lost" hidden={!isHere || !isLost.value}>
        {isHere && isLost.value && "Connection lost. Trying again; nothing is lost meanwhile."}
      </output>
      <output class="notices">
        {isHere &&
          notices.value.map(({ id, text, tone }) => (
            <p key={id} class={`notice ${tone}`}>
              <span>{text}</span>
              <button
                type="button"
                class="quiet icon"
                aria-label="Dismiss"
                onClick={() => dismiss(id)}
              >
                ✕
              </button>
            </p>
          ))}
      </output>
    </>
  );
}
