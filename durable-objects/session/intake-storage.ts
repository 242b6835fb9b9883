import { chunks, joined, type Part } from "../lib/chunks.ts";
import type { StoredMessage } from "../providers/provider.ts";

/** A request that came with an idempotency key. */
export interface KnownRequest {
  key: string;
  /** Of the whole request, so that another request under the same key is noticed. */
  hash: string;
  runId: string;
  /** Where its run's events start; 0 for a request without a run. */
  firstSeq: number;
}

const KEPT_MS = 48 * 60 * 60_000;
// Finding old ones reads them all: not at every request.
const PRUNE_EVERY_MS = 60 * 60_000;

/** Statements about what comes in: keyed requests, waiting inputs, the clients' tools. */
export class IntakeStorage {
  readonly #sql: SqlStorage;
  #prunedAt = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  request(key: string): KnownRequest | undefined {
    const [row] = this.#sql
      .exec<{ hash: string; run_id: string; first_seq: number }>(
        "SELECT hash, run_id, first_seq FROM requests WHERE key = ?",
        key,
      )
      .toArray();
    return row && { key, hash: row.hash, runId: row.run_id, firstSeq: row.first_seq };
  }

  remember({ key, hash, runId, firstSeq }: KnownRequest): void {
    const now = Date.now();
    if (now - this.#prunedAt >= PRUNE_EVERY_MS) {
      this.#prunedAt = now;
      this.#sql.exec("DELETE FROM requests WHERE created_at < ?", now - KEPT_MS);
    }
    this.#sql.exec(
      "INSERT INTO requests (key, hash, run_id, first_seq, created_at) VALUES (?, ?, ?, ?, ?)",
      key,
      hash,
      runId,
      firstSeq,
      now,
    );
  }

  /** Messages that wait for the next model call, oldest first. */
  inputs(): StoredMessage[] {
    const parts = this.#sql
      .exec<Part>("SELECT position AS key, body FROM inputs ORDER BY position, part")
      .toArray();
    return [...joined(parts)].map((body) => JSON.parse(body));
  }

  addInput(message: StoredMessage): void {
    const { next } = this.#sql
      .exec<{ next: number }>("SELECT coalesce(max(position), 0) + 1 AS next FROM inputs")
      .one();
    for (const [part, body] of chunks(JSON.stringify(message)).entries()) {
      this.#sql.exec(
        "INSERT INTO inputs (position, part, body) VALUES (?, ?, ?)",
        next,
        part,
        body,
      );
    }
  }

  clearInputs(): void {
    this.#sql.exec("DELETE FROM inputs");
  }

  document(name: string): string {
    return this.#sql
      .exec<{ body: string }>("SELECT body FROM documents WHERE name = ? ORDER BY part", name)
      .toArray()
      .map(({ body }) => body)
      .join("");
  }

  /** Writes only what differs: a client sends the same tools with every turn. */
  setDocument(name: string, text: string): void {
    if (this.document(name) === text) return;
    this.#sql.exec("DELETE FROM documents WHERE name = ?", name);
    for (const [part, body] of chunks(text).entries()) {
      this.#sql.exec("INSERT INTO documents (name, part, body) VALUES (?, ?, ?)", name, part, body);
    }
  }
}
