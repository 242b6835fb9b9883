import type { SessionSummary } from "../../sdk/contract/index.ts";
import type { DirectoryRow } from "../session/directory.ts";

/** The statements of the realm's directory of sessions. */
export class DirectoryStorage {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
  }

  /** Takes a session's report, unless a newer one came first. */
  record(row: DirectoryRow): void {
    this.#storage.transactionSync(() => {
      const [known] = this.#sql
        .exec<{ version: number; updated_at: number; archived: number }>(
          "SELECT version, updated_at, archived FROM sessions WHERE session_id = ?",
          row.session_id,
        )
        .toArray();
      if (!known) this.#insert(row);
      else if (known.version >= row.version) return;
      else if (known.updated_at === row.updated_at && known.archived === Number(row.archived)) {
        this.#update(row);
      } else this.#move(row);
    });
  }

  /** Enters a session that is about to be; it has no row before its first report. */
  join(sessionId: string): void {
    this.#sql.exec("INSERT OR IGNORE INTO members (session_id) VALUES (?)", sessionId);
  }

  /** Puts in what a session says of itself, unless it reported since `saw`. @returns whether that was news */
  correct(row: DirectoryRow, saw: number | undefined): boolean {
    const [known] = this.#sql
      .exec<StoredRow>("SELECT * FROM sessions WHERE session_id = ?", row.session_id)
      .toArray();
    if (known?.version !== saw || (known && isSame(known, row))) return false;
    this.#storage.transactionSync(() => {
      this.remove(row.session_id);
      this.#insert(row);
    });
    return true;
  }

  /** Forgets a session. @returns whether it had a row */
  remove(sessionId: string): boolean {
    const [known] = this.#sql
      .exec<{ labels: string }>(
        "DELETE FROM sessions WHERE session_id = ? RETURNING labels",
        sessionId,
      )
      .toArray();
    this.#sql.exec("DELETE FROM members WHERE session_id = ?", sessionId);
    const labels: Record<string, string> = JSON.parse(known?.labels ?? "{}");
    for (const [key, value] of Object.entries(labels)) {
      this.#sql.exec(
        "DELETE FROM labels WHERE key = ? AND value = ? AND session_id = ?",
        key,
        value,
        sessionId,
      );
    }
    return known !== undefined;
  }

  /** How many sessions are not archived, counted up to a limit. */
  countOpen(limit: number): number {
    return this.#sql
      .exec<{ open: number }>(
        "SELECT count(*) AS open FROM (SELECT 1 FROM sessions WHERE archived = 0 LIMIT ?)",
        limit,
      )
      .one().open;
  }

  /** Sessions that are not archived, most recently used first. */
  list(limit: number, offset: number, labels: Readonly<Record<string, string>>): SessionRow[] {
    const wanted = Object.entries(labels);
    const filter = wanted.map(
      () => "AND session_id IN (SELECT session_id FROM labels WHERE key = ? AND value = ?)",
    );
    return this.#sql
      .exec<SessionRow>(
        `SELECT * FROM sessions WHERE archived = 0 ${filter.join(" ")}
         ORDER BY updated_at DESC, session_id LIMIT ? OFFSET ?`,
        ...wanted.flat(),
        limit,
        offset,
      )
      .toArray();
  }

  has(sessionId: string, labels: Readonly<Record<string, string>>): boolean {
    return Object.entries(labels).every(
      ([key, value]) =>
        this.#sql
          .exec(
            "SELECT 1 FROM labels WHERE key = ? AND value = ? AND session_id = ?",
            key,
            value,
            sessionId,
          )
          .toArray().length > 0,
    );
  }

  #insert(row: DirectoryRow): void {
    this.#sql.exec(
      `INSERT INTO sessions (session_id, version, created_at, updated_at, message_count,
         total_tokens, is_active, archived, archived_at, model, provider, labels)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      row.session_id,
      row.version,
      row.created_at,
      row.updated_at,
      row.message_count,
      row.total_tokens,
      Number(row.is_active),
      Number(row.archived),
      row.archived_at ?? null,
      row.model,
      row.provider,
      JSON.stringify(row.labels ?? {}),
    );
    this.join(row.session_id);
    for (const [key, value] of Object.entries(row.labels ?? {})) {
      this.#sql.exec(
        "INSERT INTO labels (key, value, session_id) VALUES (?, ?, ?)",
        key,
        value,
        row.session_id,
      );
    }
  }

  /** Leaves the indexed columns alone: naming them would write the index row again. */
  #update(row: DirectoryRow): void {
    this.#sql.exec(
      `UPDATE sessions SET version = ?, message_count = ?, total_tokens = ?, is_active = ?,
         model = ?, provider = ? WHERE session_id = ?`,
      row.version,
      row.message_count,
      row.total_tokens,
      Number(row.is_active),
      row.model,
      row.provider,
      row.session_id,
    );
  }

  #move(row: DirectoryRow): void {
    this.#sql.exec(
      `UPDATE sessions SET version = ?, message_count = ?, total_tokens = ?, is_active = ?,
         model = ?, provider = ?, updated_at = ?, archived = ?, archived_at = ? WHERE session_id = ?`,
      row.version,
      row.message_count,
      row.total_tokens,
      Number(row.is_active),
      row.model,
      row.provider,
      row.updated_at,
      Number(row.archived),
      row.archived_at ?? null,
      row.session_id,
    );
  }
}

/** A row of the directory as the table holds it. */
export type SessionRow = {
  session_id: string;
  created_at: number;
  updated_at: number;
  message_count: number;
  total_tokens: number;
  is_active: number;
  model: string;
  provider: SessionSummary["provider"];
  labels: string;
};

type StoredRow = SessionRow & { version: number; archived: number };

function isSame(known: StoredRow, row: DirectoryRow): boolean {
  return (
    known.version === row.version &&
    known.updated_at === row.updated_at &&
    known.message_count === row.message_count &&
    known.total_tokens === row.total_tokens &&
    known.is_active === Number(row.is_active) &&
    known.archived === Number(row.archived) &&
    known.model === row.model &&
    known.labels === JSON.stringify(row.labels ?? {})
  );
}
