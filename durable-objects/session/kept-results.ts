import type { AgentEvent, ContentBlock } from "../../sdk/contract/index.ts";
import { chunks } from "../lib/chunks.ts";
import type { StoredMessage } from "../providers/provider.ts";
import { isLarge } from "./excerpt.ts";

/**
 * Results of finished calls that are too large for their events, until the transcript holds them:
 * what a tool has done once must survive a crash (design I-9).
 */
export class KeptResults {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Part of the commit that tells of the call's end. `event` is whole here, not as it is told. */
  keep(event: AgentEvent): void {
    if (event.type !== "tool_execution_completed" || !isLarge(event.content)) return;
    this.#forget(event.id);
    for (const [part, body] of chunks(JSON.stringify(event.content)).entries()) {
      this.#sql.exec(
        "INSERT INTO documents (name, part, body) VALUES (?, ?, ?)",
        nameOf(event.id),
        part,
        body,
      );
    }
  }

  /** Part of the commit that brings the message into the transcript. */
  release(message: StoredMessage): void {
    if (message.role !== "tool_results") return;
    for (const { tool_use_id, content } of message.results) {
      if (isLarge(content)) this.#forget(tool_use_id);
    }
  }

  find(callId: string): ContentBlock[] | undefined {
    const parts = this.#sql
      .exec<{ body: string }>(
        "SELECT body FROM documents WHERE name = ? ORDER BY part",
        nameOf(callId),
      )
      .toArray();
    return parts.length === 0 ? undefined : JSON.parse(parts.map(({ body }) => body).join(""));
  }

  #forget(callId: string): void {
    this.#sql.exec("DELETE FROM documents WHERE name = ?", nameOf(callId));
  }
}

function nameOf(callId: string): string {
  return `result:${callId}`;
}
