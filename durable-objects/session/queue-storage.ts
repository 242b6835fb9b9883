import type { Content, Initiator } from "../../sdk/contract/index.ts";
import { chunks } from "../lib/chunks.ts";
import type { StoredMessage } from "../providers/provider.ts";
import type { TurnRequest } from "./admission.ts";

/**
 * Where an input stands. A turn of its own is `queued`, then `running`; a prompt that joins another turn is
 * `accepted` until the model is told. `done`: its turn has ended, or the model was told. `cancelled`: taken back.
 */
export type InputStatus = "accepted" | "queued" | "running" | "done" | "cancelled";

/** What was asked for while a turn ran: a turn of its own, or a prompt that joins the running one. */
export interface QueuedInput {
  position: number;
  inputId: string;
  /** The run it is told in: its own, or the one it joins. */
  runId: string;
  status: InputStatus;
  /** Unix milliseconds. */
  createdAt: number;
}

const KEPT_FINISHED = 64;

/** Statements about inputs that wait: turns for their turn, prompts for the next model call. */
export class QueueStorage {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  add(request: TurnRequest): void {
    this.#insert(request.run_id, "queued", request);
  }

  /** Keeps a prompt's messages for the run that they join. */
  addJoining(inputId: string, joins: string, messages: readonly StoredMessage[]): void {
    this.#insert(inputId, "accepted", messages, joins);
  }

  /** The messages that wait to be told to the model under this position. */
  messages(position: number): StoredMessage[] {
    // Written by `addJoining`.
    return this.#body(position) as StoredMessage[];
  }

  request(position: number): TurnRequest {
    // Written by `add`.
    return this.#body(position) as TurnRequest;
  }

  /** What an input that waits says; nothing for one that is too long to be read for a list. */
  prompt({ position, status }: QueuedInput): Content | undefined {
    if (status !== "queued" && status !== "accepted") return undefined;
    if (!this.#isShort(position)) return undefined;
    if (status === "queued") return this.request(position).prompt;
    const prompt = this.messages(position).findLast(({ role }) => role === "user");
    return prompt?.role === "user" ? prompt.content : undefined;
  }

  /** Who asked for a turn that waits, if they are known; nothing for one that is too long to be read for it. */
  initiator({ position }: QueuedInput): Initiator | undefined {
    return this.#isShort(position) ? this.request(position).initiator : undefined;
  }

  #isShort(position: number): boolean {
    const { parts } = this.#sql
      .exec<{ parts: number }>("SELECT count(*) AS parts FROM queue WHERE position = ?", position)
      .one();
    return parts === 1;
  }

  #insert(
    inputId: string,
    status: InputStatus,
    content: object,
    joins: string | null = null,
  ): void {
    const { next } = this.#sql
      .exec<{ next: number }>("SELECT coalesce(max(position), 0) + 1 AS next FROM queue")
      .one();
    for (const [part, body] of chunks(JSON.stringify(content)).entries()) {
      this.#sql.exec(
        `INSERT INTO queue (position, part, run_id, status, created_at, body, joins)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
        next,
        part,
        inputId,
        status,
        Date.now(),
        body,
        joins,
      );
    }
    this.#sql.exec(
      "DELETE FROM queue WHERE position <= ? AND status IN ('done', 'cancelled')",
      next - KEPT_FINISHED,
    );
  }

  /** All that is known, oldest first. */
  list(): QueuedInput[] {
    return this.#sql
      .exec<Row>(
        "SELECT position, run_id, status, created_at, joins FROM queue WHERE part = 0 ORDER BY position",
      )
      .toArray()
      .map(({ position, run_id, status, created_at, joins }) => ({
        position,
        inputId: run_id,
        runId: joins ?? run_id,
        status,
        createdAt: created_at,
      }));
  }

  #body(position: number): unknown {
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

type Row = {
  position: number;
  run_id: string;
  status: InputStatus;
  created_at: number;
  joins: string | null;
};
