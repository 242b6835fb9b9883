import { useEffect, useRef } from "preact/hooks";
import { addShortcuts } from "../../../app/shortcuts.ts";
import { EmptyState } from "../../../parts/empty-state.tsx";
import { LiveRow } from "./live-row.tsx";
import type { LiveSession } from "./live-session.ts";
import { MessageRow } from "./message-row.tsx";
import { indexOfTurn } from "./rows.ts";
import type { TurnFacts } from "./turn-facts.ts";
import { useVirtualRows } from "./virtual-rows.ts";

interface TranscriptViewProps {
  session: LiveSession;
  /** A place in the log that the address names. */
  seq: number | undefined;
}

/** The transcript and the turn that goes on, of which only what is in view is on the page. */
export function TranscriptView({ session, seq }: TranscriptViewProps) {
  // Read, so that this is drawn again with every change.
  void session.version.value;
  const scroller = useRef<HTMLElement>(null);
  const { transcript } = session;
  const live = session.turn;
  const length = transcript.length + (live ? 1 : 0);
  const rows = useVirtualRows(scroller, length, transcript.length);
  const shown = rows.virtualizer.getVirtualItems();
  const [first, last] = [shown[0]?.index ?? 0, shown.at(-1)?.index ?? 0];
  useEffect(() => transcript.need(first, last));
  const named = seq === undefined ? undefined : turnAt(session, seq);
  const target = named && indexOfTurn(session, named.runId);
  useEffect(() => {
    if (named && target === undefined) transcript.readBack();
  });
  useEffect(() => {
    if (target !== undefined) rows.toRow(target);
  }, [target, seq]);
  useEffect(
    () =>
      addShortcuts([
        { key: "End", label: "Jump to the latest message", run: rows.toEnd },
        { key: "j", label: "Scroll down", run: () => scroll(scroller.current, 1) },
        { key: "k", label: "Scroll up", run: () => scroll(scroller.current, -1) },
      ]),
    [],
  );
  return (
    <div class="transcript-frame">
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by keyboard */}
      <section class="transcript" ref={scroller} tabIndex={0} aria-label="Transcript">
        {length === 0 && session.stage.value.kind === "open" && (
          <EmptyState title="Nothing was said yet">
            <p>
              {session.hasTranscript
                ? "The first prompt starts the conversation."
                : "This link shows what comes from now on, as it comes."}
            </p>
          </EmptyState>
        )}
        <div
          class="rows"
          style={{ height: `${rows.virtualizer.getTotalSize()}px` }}
          role="log"
          aria-label="Messages"
          aria-live="off"
        >
          {shown.map(({ key, index, start }) => (
            <div
              key={key}
              class={`row ${index === target ? "target" : ""}`}
              data-index={index}
              ref={rows.virtualizer.measureElement}
              style={{ transform: `translateY(${start}px)` }}
            >
              {index < transcript.length ? (
                <MessageRow session={session} index={index} />
              ) : (
                live && <LiveRow session={session} turn={live} />
              )}
            </div>
          ))}
        </div>
      </section>
      {!rows.isFollowing && (
        <button class="to-latest" onClick={rows.toEnd}>
          ↓ Jump to latest
        </button>
      )}
    </div>
  );
}

/** The turn in which a place of the log lies. */
function turnAt({ log }: LiveSession, seq: number): TurnFacts | undefined {
  const turns = [...log.turns.values()];
  return turns.findLast((turn) => turn.seq <= seq) ?? turns[0];
}

function scroll(element: HTMLElement | null, direction: 1 | -1): void {
  element?.scrollBy({ top: direction * element.clientHeight * 0.3 });
}
