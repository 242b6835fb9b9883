import { useAccess } from "../../app/access.ts";
import type { AuditEntry } from "./audit-pages.ts";
import { wordsOf } from "./deeds.ts";

const toTheSecond = new Intl.DateTimeFormat(undefined, {
  dateStyle: "medium",
  timeStyle: "medium",
});

/** Deeds: when, who, what, from where. */
export function AuditTable({ entries }: { entries: readonly AuditEntry[] }) {
  return (
    <div class="cards-when-narrow">
      <table class="audit">
        <thead>
          <tr>
            <th scope="col">Entry</th>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">What</th>
            <th scope="col">From</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <Row key={entry.seq} entry={entry} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ entry: { seq, at, actor, operation, target, ip, hash } }: { entry: AuditEntry }) {
  const { self } = useAccess();
  // That it was done in this realm goes without saying.
  const targets = Object.entries(target).filter(([, id]) => id !== self.realmId);
  return (
    <tr id={`entry-${seq}`}>
      <td class="number faint" data-name="Entry" title={`Hash ${hash}`}>
        {seq}
      </td>
      <td data-name="When">
        <time dateTime={new Date(at).toISOString()}>{toTheSecond.format(at)}</time>
      </td>
      <td data-name="Who">
        <code>{actor}</code>
      </td>
      <td data-name="What">
        <b>{wordsOf(operation)}</b> <code class="faint">{operation}</code>
        <span class="targets">
          {targets.map(([name, id]) => (
            <Target key={name} name={name} id={id} />
          ))}
        </span>
      </td>
      <td data-name="From">
        {ip === null ? <span class="faint">unknown</span> : <code>{ip}</code>}
      </td>
    </tr>
  );
}

function Target({ name, id }: { name: string; id: string }) {
  const isSession = name.endsWith("session_id");
  return (
    <span>
      <span class="faint">{name.replace("_id", "").replaceAll("_", " ")}</span>{" "}
      {isSession ? <a href={`#/sessions/${id}`}>{id}</a> : <code>{id}</code>}
    </span>
  );
}
