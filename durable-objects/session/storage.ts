import type { LogEntry } from "../../sdk/contract/index.ts";
import { chunks, joined, type Part } from "../lib/chunks.ts";
import { hasTable, migrate } from "../lib/migrate.ts";
import type { StoredMessage } from "../providers/provider.ts";
import { KeptResults } from "./kept-results.ts";
import { migrations } from "./migrations.ts";
import type { SessionIdentity, SessionState } from "./state.ts";

// A row of more text than this is read anew for each page rather than kept.
const KEPT_CHARS = 1024 * 1024;

/** One atomic change: log row, state and messages stand or fall together. */
export interface Commit {
  entries: readonly LogEntry[];
  first: number;
  last: number;
  state: SessionState;
  messages: readonly StoredMessage[];
  /** Further statements of the same transaction. */
  also?: (() => void) | undefined;
}

/** Every SQL statement the session runs. Synchronous, like the database under it. */
export class SessionStorage {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  readonly keptResults: KeptResults;
  #lastRead = rowOf([]);

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.keptResults = new KeptResults(storage.sql);
    if (hasTable(this.#sql, "session")) migrate(storage, migrations);
  }

  /** The session, or nothing for an id that was never created; asking leaves no trace. */
  find(): { identity: SessionIdentity; state: SessionState } | undefined {
    if (!hasTable(this.#sql, "session")) return undefined;
    const [row] = this.#sql.exec<IdentityRow>("SELECT * FROM session").toArray();
    const [newest] = this.#sql
      .exec<{ state: string }>("SELECT state FROM log WHERE part = 0 ORDER BY first DESC LIMIT 1")
      .toArray();
    if (!row || !newest) return undefined;
    const identity: SessionIdentity = {
      sessionId: row.session_id,
      realmId: row.realm_id,
      createdAt: row.created_at,
      labels: JSON.parse(row.labels),
    };
    return { identity, state: JSON.parse(newest.state) };
  }

  create(identity: SessionIdentity, commit: Commit): void {
    migrate(this.#storage, migrations);
    this.#storage.transactionSync(() => {
      this.#sql.exec(
        "INSERT INTO session (session_id, realm_id, created_at, labels) VALUES (?, ?, ?, ?)",
        identity.sessionId,
        identity.realmId,
        identity.createdAt,
        JSON.stringify(identity.labels),
      );
      // A copy that was never finished may have left some.
      const { state, messages } = commit;
      const start = state.messageCount - messages.length;
      this.#sql.exec("DELETE FROM messages WHERE position >= ?", start);
      this.#insert(commit);
    });
  }

  commit(commit: Commit): void {
    this.#storage.transactionSync(() => this.#insert(commit));
  }

  /** Stored events after `seq`, oldest first. Reads only as far as it is pulled. */
  *eventsAfter(seq: number): Generator<LogEntry> {
    // Pages are smaller than rows: the next page mostly starts in the row that the last one ended in.
    const known = this.#lastRead;
    const isKnown = known.first <= seq + 1 && seq < known.last;
    if (isKnown) yield* entriesAfter(known.tuples, seq);
    const cursor = this.#sql.exec<Part>(
      `SELECT first AS key, body FROM log WHERE first >=
         ${isKnown ? "?" : "coalesce((SELECT max(first) FROM log WHERE first <= ?), 0)"}
       ORDER BY first, part`,
      isKnown ? known.last + 1 : seq + 1,
    );
    for (const body of joined(cursor)) {
      const tuples: LogTuple[] = JSON.parse(body);
      if (body.length <= KEPT_CHARS) this.#lastRead = rowOf(tuples);
      yield* entriesAfter(tuples, seq);
    }
  }

  /** Messages from `offset` on, oldest first. Reads only as far as it is pulled. */
  *messagesFrom(offset: number): Generator<StoredMessage> {
    const cursor = this.#sql.exec<Part>(
      "SELECT position AS key, body FROM messages WHERE position >= ? ORDER BY position, part",
      offset,
    );
    for (const body of joined(cursor)) yield JSON.parse(body);
  }

  /** The state as it was when the event at `seq` had been stored. */
  stateAt(seq: number): SessionState | undefined {
    const [row] = this.#sql
      .exec<{ state: string }>(
        "SELECT state FROM log WHERE first <= ? AND part = 0 ORDER BY first DESC LIMIT 1",
        seq,
      )
      .toArray();
    return row && JSON.parse(row.state);
  }

  #insert({ entries, first, last, state, messages, also }: Commit): void {
    const tuples = entries.map(({ seq, timestampMs, event }): LogTuple => [
      seq,
      timestampMs,
      event,
    ]);
    for (const [part, body] of chunks(JSON.stringify(tuples)).entries()) {
      this.#sql.exec(
        "INSERT INTO log (first, part, last, state, body) VALUES (?, ?, ?, ?, ?)",
        first,
        part,
        last,
        part === 0 ? JSON.stringify(state) : null,
        body,
      );
    }
    also?.();
    const start = state.messageCount - messages.length;
    for (const [offset, message] of messages.entries()) {
      for (const [part, body] of chunks(JSON.stringify(message)).entries()) {
        this.#sql.exec(
          "INSERT INTO messages (position, part, body) VALUES (?, ?, ?)",
          start + offset,
          part,
          body,
        );
      }
    }
  }
}

function* entriesAfter(tuples: readonly LogTuple[], seq: number): Generator<LogEntry> {
  for (const [at, timestampMs, event] of tuples) {
    if (at > seq) yield { seq: at, timestampMs, event };
  }
}

/** A row's events and where they lie; rows never change. */
function rowOf(tuples: readonly LogTuple[]) {
  return { tuples, first: tuples[0]?.[0] ?? 0, last: tuples.at(-1)?.[0] ?? -1 };
}

/** An event as a log row holds it. */
type LogTuple = [seq: number, timestampMs: number, event: LogEntry["event"]];

type IdentityRow = {
  session_id: string;
  realm_id: string;
  created_at: number;
  labels: string;
};
