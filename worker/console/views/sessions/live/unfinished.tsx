import { Piece } from "./piece.tsx";
import type { LiveStep } from "./turn-facts.ts";

/** Where a turn was interrupted: what was shown by then, if the log tells it, and that it does not count. */
export function Unfinished({ step }: { step: LiveStep | undefined }) {
  const pieces = step?.pieces ?? [];
  return (
    <>
      {pieces.length > 0 && (
        <article class="answer unfinished" aria-label="Unfinished">
          {pieces.map((piece, index) => (
            <Piece key={index} piece={piece} />
          ))}
        </article>
      )}
      <p class="line warn">
        {pieces.length > 0
          ? "Interrupted: the model does not remember what it had begun to say"
          : "Interrupted"}
      </p>
    </>
  );
}
