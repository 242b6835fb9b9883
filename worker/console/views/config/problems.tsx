import type { RefObject } from "preact";
import type { Draft } from "./draft.ts";
import { placeOfKey } from "./json-text.ts";

interface ProblemsProps {
  id: string;
  draft: Draft;
  field: RefObject<HTMLTextAreaElement | null>;
}

interface Place {
  line: number;
  start: number;
  end: number;
}

/** What is wrong with the document, each with the way to its place; and which of its keys do nothing. */
export function Problems({ id, draft, field }: ProblemsProps) {
  const { problem } = draft.reading.value;
  const ineffective = draft.base.value?.ineffectiveKeys ?? [];
  const goTo = ({ line, start, end }: Place) => {
    const area = field.current;
    if (!area) return;
    area.focus();
    area.setSelectionRange(start, end);
    // The field is as high as its text, so the browser does not know where in it the place is.
    const lineHeight = area.scrollHeight / area.rows;
    const top = area.getBoundingClientRect().top + scrollY + line * lineHeight;
    scrollTo({ top: top - innerHeight / 2, behavior: "smooth" });
  };
  return (
    <div id={id} class="problems" aria-live="polite">
      {problem && (
        <p class="problem">
          <GoTo place={problem} onGo={goTo} column={problem.column} />
          {problem.message}
        </p>
      )}
      {draft.problems.value.map(({ key, problem: why }) => {
        const place = placeOfKey(draft.text.value, key);
        return (
          <p key={key} class="problem">
            {place && <GoTo place={place} onGo={goTo} />}
            <code>{key}</code> {why}
          </p>
        );
      })}
      {ineffective.length > 0 && (
        <p class="warning">
          No effect on this deployment:{" "}
          {ineffective.map((key) => (
            <code key={key}>{key}</code>
          ))}
        </p>
      )}
    </div>
  );
}

interface GoToProps {
  place: Place;
  column?: number;
  onGo: (place: Place) => void;
}

function GoTo({ place, column, onGo }: GoToProps) {
  const name = `Line ${place.line}${column === undefined ? "" : `, column ${column}`}`;
  return (
    <button class="link" onClick={() => onGo(place)}>
      {name}
    </button>
  );
}
