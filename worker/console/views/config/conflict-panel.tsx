import { useEffect, useRef } from "preact/hooks";
import { tell } from "../../app/notices.ts";
import { moment } from "../../parts/figures.ts";
import { changesBetween, isSame, valueAt } from "./changes.ts";
import type { Conflict, Draft } from "./draft.ts";

interface ThreeWaysProps {
  draft: Draft;
  conflict: Conflict;
}

interface ConflictPanelProps extends ThreeWaysProps {
  /** Called when the user has chosen and the panel goes. */
  onChosen: () => void;
}

/** Tells that somebody else wrote meanwhile, what of, and offers the ways on. */
export function ConflictPanel({ draft, conflict, onChosen }: ConflictPanelProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [conflict]);
  const { theirs, writes } = conflict;
  const isReadable = draft.patch.value !== undefined;
  return (
    <section class="card conflict" aria-labelledby="conflict-title">
      <h2 id="conflict-title" tabIndex={-1} ref={heading}>
        Somebody else changed the config while you were editing
      </h2>
      <p>
        You began from generation {draft.base.value?.generation}; it is now {theirs.generation}.{" "}
        {writes.map(({ generation, actor, createdAt }) => (
          <span key={generation}>
            <code>{actor}</code> wrote {generation} on {moment(createdAt * 1_000)}.{" "}
          </span>
        ))}
        Nothing of yours is lost or written yet.
      </p>
      <ThreeWays draft={draft} conflict={conflict} />
      <footer>
        <button
          class="primary"
          disabled={!isReadable}
          onClick={() => {
            draft.reapply();
            onChosen();
            tell(
              `Your changes are now on top of generation ${theirs.generation}. Look, then save.`,
            );
          }}
        >
          Put my changes on top of theirs
        </button>
        <button
          onClick={() => {
            draft.takeTheirs();
            onChosen();
            tell("Their version is in the editor; yours is set aside.");
          }}
        >
          Take theirs
        </button>
        <button
          class="quiet"
          onClick={() => {
            draft.conflict.value = undefined;
            onChosen();
          }}
        >
          Keep editing
        </button>
      </footer>
      {!isReadable && (
        <p class="soft">Yours is not JSON at the moment, so it cannot be put on top.</p>
      )}
    </section>
  );
}

/** Every key that either side changed: as it was, theirs, yours. */
function ThreeWays({ draft, conflict }: ThreeWaysProps) {
  const base = draft.base.value?.config;
  const theirs = conflict.theirs.config;
  const mine = draft.reading.value.document;
  const paths = new Map<string, readonly string[]>();
  for (const document of [theirs, mine]) {
    if (!document) continue;
    for (const { path } of changesBetween(base, document)) paths.set(path.join("."), path);
  }
  const shown = new Set(paths.keys());
  const hidden = conflict.writes
    .flatMap(({ changedKeys }) => changedKeys)
    .filter((key) => ![...shown].some((path) => key === path || key.startsWith(`${path}.`)));
  return (
    <div class="cards-when-narrow">
      <table>
        <thead>
          <tr>
            <th scope="col">Key</th>
            <th scope="col">As you began</th>
            <th scope="col">Theirs</th>
            <th scope="col">Yours</th>
          </tr>
        </thead>
        <tbody>
          {[...paths].map(([name, path]) => {
            const [was, their, my] = [base, theirs, mine ?? base].map((one) => valueAt(one, path));
            const isBoth = !isSame(was, their) && !isSame(was, my) && !isSame(their, my);
            return (
              <tr key={name}>
                <th scope="row">
                  <code>{name}</code> {isBoth && <span class="badge warn">both changed it</span>}
                </th>
                <Value of={was} name="As you began" isChanged={false} />
                <Value of={their} name="Theirs" isChanged={!isSame(was, their)} />
                <Value of={my} name="Yours" isChanged={!isSame(was, my)} />
              </tr>
            );
          })}
        </tbody>
      </table>
      {hidden.length > 0 && (
        <p class="soft">Also written by them, but secret or the same again: {hidden.join(", ")}</p>
      )}
    </div>
  );
}

function Value({ of, name, isChanged }: { of: unknown; name: string; isChanged: boolean }) {
  return (
    <td data-name={name} class={isChanged ? "changed" : "faint"}>
      {of === undefined ? <i>not set</i> : <code>{JSON.stringify(of)}</code>}
    </td>
  );
}
