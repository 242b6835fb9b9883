import { GrowingText } from "../../../parts/long-text.tsx";
import type { LivePiece } from "./turn-facts.ts";

/** A piece of an answer that the transcript does not have; thinking is folded. */
export function Piece({ piece }: { piece: LivePiece }) {
  if (piece.kind === "text") return <GrowingText text={piece.text} />;
  return (
    <details class="thinking">
      <summary>Thinking</summary>
      <GrowingText text={piece.text} />
    </details>
  );
}
