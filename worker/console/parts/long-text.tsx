import { useState } from "preact/hooks";
import { Markdown } from "./markdown.tsx";
import { plainText } from "./plain-text.ts";

/** What is shown of a text that would make the page slow. */
const SHOWN = 20_000;
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
      {isMarkdown ? (
        <Markdown key={String(isCut)} text={shown} isWhole />
      ) : (
        <pre class="plain" dir="auto">
          {plainText(shown)}
        </pre>
      )}
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
  return (
    <pre class="plain" dir="auto">
      {plainText(`…${text.slice(-SHOWN)}`)}
    </pre>
  );
}
