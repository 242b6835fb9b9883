import type { RealmRecord } from "./realm-record.ts";

const LIFETIME_MS = 24 * 60 * 60_000;

/** What an opaque id of a client's stands for. */
export interface Handle {
  /** A session, or something in it, in the words of whoever opened the handle. */
  target: string;
  /** How far the client has come in it. */
  cursor: number;
}

/**
 * What clients hold by an opaque id between two requests, for protocols without connections. Each
 * move puts off the end by a day; what nobody uses any more is forgotten.
 */
export class Handles {
  readonly #record: RealmRecord;
  readonly #sql: SqlStorage;

  constructor(record: RealmRecord, sql: SqlStorage) {
    this.#record = record;
    this.#sql = sql;
  }

  open(id: string, { target, cursor }: Handle): void {
    this.#record.open();
    this.#sql.exec("DELETE FROM handles WHERE expires_at < ?", Date.now());
    this.#sql.exec(
      "INSERT OR REPLACE INTO handles (id, target, cursor, expires_at) VALUES (?, ?, ?, ?)",
      id,
      target,
      cursor,
      Date.now() + LIFETIME_MS,
    );
  }

  find(id: string): Handle | undefined {
    if (!this.#record.exists) return undefined;
    const [row] = this.#sql
      .exec<{ target: string; cursor: number }>(
        "SELECT target, cursor FROM handles WHERE id = ? AND expires_at >= ?",
        id,
        Date.now(),
      )
      .toArray();
    return row;
  }

  /** Notes how far the client has come. */
  move(id: string, cursor: number): void {
    if (!this.#record.exists) return;
    this.#sql.exec(
      "UPDATE handles SET cursor = ?, expires_at = ? WHERE id = ?",
      cursor,
      Date.now() + LIFETIME_MS,
      id,
    );
  }

  /** Whether there was something to close. */
  close(id: string): boolean {
    if (!this.#record.exists) return false;
    return this.#sql.exec("DELETE FROM handles WHERE id = ?", id).rowsWritten > 0;
  }
}
