import { useMemo, useState } from "preact/hooks";
import { Markdown } from "./markdown.tsx";
import { plainText } from "./plain-text.ts";

/** What is shown of a text that would make the page slow. */
const SHOWN = 20_000;
/** A line that is longer is broken here: laying it out as one would hold the page up for seconds. */
const PIECE = 8_000;
/** Longer texts are not read as Markdown. */
const MOST_MARKDOWN = 200_000;

interface LongTextProps {
  text: string;
  kind: "markdown" | "plain";
}

/** A text that may be very long: its beginning, and all of it when asked for. */
export function LongText({ text, kind }: LongTextProps) {
  const [isWhole, setWhole] = useState(false);
  const isCut = text.length > SHOWN && !isWhole;
  const shown = isCut ? text.slice(0, SHOWN) : text;
  const isMarkdown = kind === "markdown" && shown.length <= MOST_MARKDOWN;
  return (
    <>
      {isMarkdown ? <Markdown key={String(isCut)} text={shown} isWhole /> : <Plain text={shown} />}
      {isCut && (
        <button class="quiet" onClick={() => setWhole(true)}>
          Show all {text.length.toLocaleString("en")} characters
        </button>
      )}
    </>
  );
}

/** A text that goes on: the whole of it, or only its end when it is very long. */
export function GrowingText({ text }: { text: string }) {
  if (text.length <= MOST_MARKDOWN) return <Markdown text={text} isWhole={false} />;
  return <Plain text={`…${text.slice(-SHOWN)}`} />;
}

/** Text as it is, in pieces of which only those in view are laid out. */
function Plain({ text }: { text: string }) {
  const pieces = useMemo(() => piecesOf(plainText(text)), [text]);
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <pre class="plain" dir="auto" tabIndex={pieces.length > 1 ? 0 : undefined}>
      {pieces.length === 1
        ? pieces
        : pieces.map((piece, index) => (
            <span class="piece" key={index}>
              {piece}
            </span>
          ))}
    </pre>
  );
}

function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length || start === 0;) {
    const most = start + PIECE;
    const line = most < text.length ? text.lastIndexOf("\n", most) : text.length;
    const end = line > start ? Math.min(line + 1, text.length) : most;
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}
