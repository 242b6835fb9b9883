import { useComputed, useSignal } from "@preact/signals";
import type { SessionSummary } from "meerkat-edge";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { leaveIfRefused, may, useAccess } from "../../../app/access.ts";
import { plainWords } from "../../../app/plain-words.ts";
import { addShortcuts } from "../../../app/shortcuts.ts";
import { EmptyState } from "../../../parts/empty-state.tsx";
import { NewSession } from "./new-session.tsx";
import { SessionRow } from "./session-row.tsx";
import { readSearch, SessionsRead } from "./sessions-read.ts";

/** The realm's sessions, newest first. */
export function SessionList() {
  const { client } = useAccess();
  const text = useSignal("");
  const isCreating = useSignal(false);
  const field = useRef<HTMLInputElement>(null);
  const table = useRef<HTMLUListElement>(null);
  const search = useComputed(() => readSearch(text.value)).value;
  const labels = JSON.stringify(search.labels);
  const list = useMemo(() => new SessionsRead(client, search.labels), [client, labels]);
  useEffect(() => {
    void list.start();
    return () => list.stop();
  }, [list]);
  useEffect(
    () =>
      addShortcuts([
        { key: "/", label: "Search", run: () => field.current?.focus() },
        { key: "n", label: "New session", run: () => (isCreating.value = may.value.run) },
        { key: "j", label: "Next session", run: () => step(table.current, 1) },
        { key: "k", label: "Previous session", run: () => step(table.current, -1) },
      ]),
    [],
  );
  useEffect(() => void leaveIfRefused(list.problem.value), [list.problem.value]);
  const rows = list.rows.value?.filter((row) => search.words.every((word) => has(row, word)));
  return (
    <>
      <div class="list-head">
        <h1>Sessions</h1>
        <input
          ref={field}
          type="search"
          aria-label="Search sessions"
          placeholder="Search: words, or label=value  (press /)"
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
          onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
        />
        {may.value.run && (
          <button class="primary" onClick={() => (isCreating.value = true)}>
            New session
          </button>
        )}
      </div>
      {rows === undefined ? (
        <Waiting problem={list.problem.value} />
      ) : rows.length === 0 ? (
        <Nothing isSearched={text.value.trim() !== ""} />
      ) : (
        <ul class="session-list" ref={table}>
          {rows.map((row) => (
            <SessionRow key={row.sessionId} session={row} />
          ))}
        </ul>
      )}
      {list.hasMore.value && (
        <button class="more" onClick={() => void list.more()}>
          Show more
        </button>
      )}
      <NewSession isOpen={isCreating} />
    </>
  );
}

/** Grey rows at first; what went wrong, if it did. */
function Waiting({ problem }: { problem: unknown }) {
  if (problem !== undefined) {
    return (
      <EmptyState title="The sessions could not be read" tone="bad">
        <p>{plainWords(problem)}</p>
      </EmptyState>
    );
  }
  return <div class="session-list waiting" aria-busy="true" aria-label="Reading the sessions" />;
}

function Nothing({ isSearched }: { isSearched: boolean }) {
  return isSearched ? (
    <EmptyState title="No session matches">
      <p>
        Words are looked for in titles, models and labels of the sessions shown. Labels such as{" "}
        <code>team=infra</code> are looked for in all of them.
      </p>
    </EmptyState>
  ) : (
    <EmptyState title="No sessions yet">
      <p>
        A session is a conversation that lasts: close the lid, come back, and nothing is lost.
        {may.value.run && " Press n to start one."}
      </p>
    </EmptyState>
  );
}

function has({ sessionId, model, labels = {} }: SessionSummary, word: string): boolean {
  const texts = [sessionId, model, ...Object.entries(labels).flat()];
  return texts.some((text) => text.toLowerCase().includes(word));
}

/** Moves the focus from row to row. */
function step(list: HTMLElement | null, direction: 1 | -1): void {
  const links = [...(list?.querySelectorAll<HTMLElement>("a") ?? [])];
  const now = links.findIndex((link) => link === document.activeElement);
  links[Math.min(links.length - 1, Math.max(0, now + direction))]?.focus();
}
