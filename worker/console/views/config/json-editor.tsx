import type { RefObject } from "preact";
import { useId, useRef } from "preact/hooks";
import { indented } from "./indentation.ts";

interface JsonEditorProps {
  label: string;
  text: string;
  onText: (text: string) => void;
  isReadOnly: boolean;
  /** The line that is marked, counted from 1. */
  badLine: number | undefined;
  /** The id of what says what is wrong. */
  problemId: string;
  field: RefObject<HTMLTextAreaElement | null>;
}

const LEAST_LINES = 14;

/**
 * A text field for JSON, with line numbers. It is as high as its text, so that only the page scrolls.
 * Tab indents; after Esc it moves on as anywhere else, so that nobody is caught.
 */
export function JsonEditor(props: JsonEditorProps) {
  const { label, text, onText, isReadOnly, badLine, problemId, field } = props;
  const hint = useId();
  const isLeaving = useRef(false);
  const lines = Math.max(LEAST_LINES, text.split("\n").length);
  const onKeyDown = (event: KeyboardEvent & { currentTarget: HTMLTextAreaElement }) => {
    if (event.key === "Escape") isLeaving.current = true;
    else if (event.key !== "Tab" && event.key !== "Shift") isLeaving.current = false;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!isReadOnly && !isLeaving.current && indented(event.currentTarget, event)) {
      event.preventDefault();
    }
  };
  return (
    <div class="json">
      <LineNumbers count={lines} bad={badLine} />
      <textarea
        ref={field}
        aria-label={label}
        aria-describedby={`${problemId} ${hint}`}
        aria-invalid={badLine !== undefined}
        readOnly={isReadOnly}
        rows={lines}
        wrap="off"
        spellcheck={false}
        autocapitalize="off"
        autocomplete="off"
        value={text}
        onInput={(event) => onText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        onFocus={() => (isLeaving.current = false)}
      />
      <p id={hint} class="visually-hidden">
        {isReadOnly ? "Read-only." : "Tab indents. Press Escape, then Tab, to leave the editor."}
      </p>
    </div>
  );
}

function LineNumbers({ count, bad }: { count: number; bad: number | undefined }) {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const upTo = (end: number) => numbers.slice(0, end).join("\n");
  return (
    <pre class="line-numbers" aria-hidden="true">
      {bad === undefined ? (
        upTo(count)
      ) : (
        <>
          {upTo(bad - 1)}
          {bad > 1 && "\n"}
          <b>{bad}</b>
          {"\n"}
          {numbers.slice(bad).join("\n")}
        </>
      )}
    </pre>
  );
}
