import type { QuietLine } from "./turn-facts.ts";

/** What befell a turn, one quiet line each. */
export function Lines({ lines }: { lines: readonly QuietLine[] }) {
  return (
    <>
      {lines.map(({ seq, text, tone }) => (
        <p key={seq} class={`line ${tone}`}>
          {text}
        </p>
      ))}
    </>
  );
}
