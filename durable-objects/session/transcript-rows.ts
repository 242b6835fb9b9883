import { type Part, joined } from "../lib/chunks.ts";
import { hasTable, migrate } from "../lib/migrate.ts";
import type { StoredMessage } from "../providers/provider.ts";
import { migrations } from "./migrations.ts";

// One answer over RPC stays far below its 32 MiB, and one transaction short: a page holds no more.
const PAGE_CHARS = 1024 * 1024;
const PAGE_ROWS = 2_000;

/** Where a row stands in the transcript. */
export interface RowPlace {
  position: number;
  /** Long messages go on in further parts. */
  part: number;
}

/** A message, or a piece of a long one, as the table holds it. */
export interface MessageRow extends RowPlace {
  body: string;
}

/** Statements that move stored messages without looking into them: every byte stays as it was. */
export class TranscriptRows {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
  }

  /** A page of the rows after a place, of messages before a position; empty at the end. */
  page(after: RowPlace, before: number): MessageRow[] {
    const rows: MessageRow[] = [];
    let chars = 0;
    const cursor = this.#sql.exec<Row>(
      `SELECT position, part, body FROM messages
       WHERE (position, part) > (?, ?) AND position < ? ORDER BY position, part LIMIT ?`,
      after.position,
      after.part,
      before,
      PAGE_ROWS,
    );
    for (const row of cursor) {
      rows.push(row);
      chars += row.body.length;
      if (chars >= PAGE_CHARS) break;
    }
    return rows;
  }

  /** Makes room for a transcript that comes from elsewhere; what an earlier try left goes. */
  clear(): void {
    migrate(this.#storage, migrations);
    this.#sql.exec("DELETE FROM messages");
  }

  add(rows: readonly MessageRow[]): void {
    this.#storage.transactionSync(() => {
      for (const { position, part, body } of rows) {
        this.#sql.exec(
          "INSERT INTO messages (position, part, body) VALUES (?, ?, ?)",
          position,
          part,
          body,
        );
      }
    });
  }

  /** Leaves nothing of an object in which no session came to be. */
  async discard(): Promise<void> {
    if (hasTable(this.#sql, "messages")) await this.#storage.deleteAll();
  }

  /** Takes messages out of the transcript and keeps them under the rewind's place in the log. */
  remove(from: number, seq: number): void {
    this.#sql.exec(
      `INSERT INTO removed_messages (seq, position, part, body)
         SELECT ?, position, part, body FROM messages WHERE position >= ?`,
      seq,
      from,
    );
    this.#sql.exec("DELETE FROM messages WHERE position >= ?", from);
  }

  /** How many messages a rewind took out, and where the first one stood. */
  removed(seq: number): { count: number; first: number } {
    return this.#sql
      .exec<{ count: number; first: number }>(
        `SELECT count(*) AS count, coalesce(min(position), 0) AS first
         FROM removed_messages WHERE seq = ? AND part = 0`,
        seq,
      )
      .one();
  }

  /** What a rewind took out, oldest first, from a position on. Reads only as far as it is pulled. */
  *removedFrom(seq: number, position: number): Generator<StoredMessage> {
    const cursor = this.#sql.exec<Part>(
      `SELECT position AS key, body FROM removed_messages
       WHERE seq = ? AND position >= ? ORDER BY position, part`,
      seq,
      position,
    );
    for (const body of joined(cursor)) yield JSON.parse(body);
  }
}

type Row = { position: number; part: number; body: string };
