import { chunks } from "../lib/chunks.ts";
import type { TurnRequest } from "./admission.ts";

/** Where an input stands: it waits, its turn runs, it has run, or it was taken back. */
export type InputStatus = "queued" | "running" | "done" | "cancelled";

/** A turn that was asked for while another ran. */
export interface QueuedTurn {
  position: number;
  runId: string;
  status: InputStatus;
  /** Unix milliseconds. */
  createdAt: number;
}

const KEPT_FINISHED = 64;

/** Statements about turns that wait for their turn. */
export class QueueStorage {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  add(request: TurnRequest): void {
    const { next } = this.#sql
      .exec<{ next: number }>("SELECT coalesce(max(position), 0) + 1 AS next FROM queue")
      .one();
    for (const [part, body] of chunks(JSON.stringify(request)).entries()) {
      this.#sql.exec(
        `INSERT INTO queue (position, part, run_id, status, created_at, body)
         VALUES (?, ?, ?, 'queued', ?, ?)`,
        next,
        part,
        request.run_id,
        Date.now(),
        body,
      );
    }
    this.#sql.exec(
      "DELETE FROM queue WHERE position <= ? AND status IN ('done', 'cancelled')",
      next - KEPT_FINISHED,
    );
  }

  /** All that is known, oldest first. */
  list(): QueuedTurn[] {
    return this.#sql
      .exec<{ position: number; run_id: string; status: InputStatus; created_at: number }>(
        "SELECT position, run_id, status, created_at FROM queue WHERE part = 0 ORDER BY position",
      )
      .toArray()
      .map(({ position, run_id: runId, status, created_at: createdAt }) => ({
        position,
        runId,
        status,
        createdAt,
      }));
  }

  request(position: number): TurnRequest {
    const parts = this.#sql
      .exec<{ body: string }>("SELECT body FROM queue WHERE position = ? ORDER BY part", position)
      .toArray();
    return JSON.parse(parts.map(({ body }) => body).join(""));
  }

  /** What left the queue is in the transcript or nowhere: its content goes, its status stays. */
  setStatus(position: number, status: InputStatus): void {
    this.#sql.exec("DELETE FROM queue WHERE position = ? AND part > 0", position);
    this.#sql.exec("UPDATE queue SET status = ?, body = '' WHERE position = ?", status, position);
  }
}
