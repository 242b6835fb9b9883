import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { may, useAccess } from "../../app/access.ts";
import { addShortcuts } from "../../app/shortcuts.ts";
import { AdminsOnly } from "../../parts/admins-only.tsx";
import { EmptyState } from "../../parts/empty-state.tsx";
import { Waiting } from "../../parts/waiting.tsx";
import { AuditTable } from "./audit-table.tsx";
import { AuditPages, isAbout } from "./audit-pages.ts";
import { Verification } from "./verification.tsx";

/** What was done in the realm: by whom, from where and when. */
export default function Audit() {
  return may.value.administer ? <AuditLog /> : <AdminsOnly page="Audit log" />;
}

function AuditLog() {
  const { client } = useAccess();
  const pages = useMemo(() => new AuditPages(client), [client]);
  const text = useSignal("");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    void pages.start();
    return () => pages.stop();
  }, [pages]);
  useEffect(
    () => addShortcuts([{ key: "/", label: "Filter", run: () => field.current?.focus() }]),
    [],
  );
  return (
    <>
      <div class="page-head">
        <h1>Audit log</h1>
        <input
          ref={field}
          type="search"
          aria-label="Filter the entries"
          placeholder="Filter: who, what, from where"
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
      </div>
      <Verification />
      <Entries pages={pages} text={text.value} />
    </>
  );
}

function Entries({ pages, text }: { pages: AuditPages; text: string }) {
  const entries = pages.entries.value;
  const problem = pages.problem.value;
  if (!entries) {
    return <Waiting what="the audit log" of={{ problem, reload: () => void pages.start() }} />;
  }
  if (entries.length === 0) {
    return (
      <EmptyState title="Nothing was done yet">
        <p>
          Who makes or revokes a token, changes the config, archives, forks or shares a session will
          be listed here. Turns are in the sessions themselves.
        </p>
      </EmptyState>
    );
  }
  const shown = entries.filter((entry) => isAbout(entry, text));
  const hasMore = pages.hasMore.value;
  return (
    <>
      {shown.length > 0 && <AuditTable entries={shown} />}
      <div class="audit-foot">
        <output class="soft">
          {text.trim() === ""
            ? `${entries.length} ${hasMore ? "newest entries" : "entries, which is all"}`
            : `${shown.length} of the ${entries.length} ${hasMore ? "newest " : ""}entries fit`}
        </output>
        {problem !== undefined && <p class="problem">{problem}</p>}
        {hasMore && (
          <button disabled={pages.isBusy.value} onClick={() => void pages.more()}>
            {pages.isBusy.value ? "Reading…" : text.trim() ? "Look in older ones" : "Show older"}
          </button>
        )}
      </div>
    </>
  );
}
