import { AppError } from "../../sdk/contract/index.ts";
import type { RealmRecord } from "./realm-record.ts";

const KEPT_MS = 24 * 60 * 60_000;

/** A request that a client has named by `X-Meerkat-Request-Id`. */
export interface NamedRequest {
  /** The turn it started; nothing before that. */
  sessionId: string | null;
  runId: string | null;
  isOver: boolean;
}

/** The realm's named requests: one at a time under each name, to be taken back by it (contract 2.5). */
export class RequestIds {
  readonly #record: RealmRecord;
  readonly #sql: SqlStorage;

  constructor(record: RealmRecord, sql: SqlStorage) {
    this.#record = record;
    this.#sql = sql;
  }

  /** @throws {AppError} `DUPLICATE_REQUEST_ID` while a request of that name is in flight */
  begin(requestId: string): void {
    this.#record.open();
    const known = this.find(requestId);
    if (known && !known.isOver) {
      throw new AppError("DUPLICATE_REQUEST_ID", `A request '${requestId}' is in flight already`);
    }
    const now = Date.now();
    this.#sql.exec("DELETE FROM request_ids WHERE created_at < ?", now - KEPT_MS);
    this.#sql.exec(
      `INSERT INTO request_ids (request_id, created_at) VALUES (?1, ?2)
       ON CONFLICT DO UPDATE SET session_id = NULL, run_id = NULL, is_over = 0, created_at = ?2`,
      requestId,
      now,
    );
  }

  bind(requestId: string, sessionId: string, runId: string): void {
    this.#sql.exec(
      "UPDATE request_ids SET session_id = ?, run_id = ? WHERE request_id = ?",
      sessionId,
      runId,
      requestId,
    );
  }

  end(requestId: string): void {
    this.#sql.exec("UPDATE request_ids SET is_over = 1 WHERE request_id = ?", requestId);
  }

  find(requestId: string): NamedRequest | undefined {
    if (!this.#record.exists) return undefined;
    const [row] = this.#sql
      .exec<{
        session_id: string | null;
        run_id: string | null;
        is_over: number;
        created_at: number;
      }>(
        "SELECT session_id, run_id, is_over, created_at FROM request_ids WHERE request_id = ?",
        requestId,
      )
      .toArray();
    if (!row || row.created_at < Date.now() - KEPT_MS) return undefined;
    return { sessionId: row.session_id, runId: row.run_id, isOver: row.is_over === 1 };
  }
}
