import { dismiss, notices } from "../app/notices.ts";

/** The messages at the page's edge. The region stays, so that screen readers hear what comes into it. */
export function Notices() {
  return (
    <output class="notices">
      {notices.value.map(({ id, text, tone }) => (
        <p key={id} class={`notice ${tone}`}>
          <span>{text}</span>
          <button class="quiet icon" aria-label="Dismiss" onClick={() => dismiss(id)}>
            ✕
          </button>
        </p>
      ))}
    </output>
  );
}
