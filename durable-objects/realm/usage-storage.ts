import type { ModelCall, Sums } from "../../sdk/contract/index.ts";
import type { Reserved } from "../lib/budget-decision.ts";

/** What the books are asked for: days are `YYYY-MM-DD`, both included. */
export interface Span {
  from: string;
  to: string;
}

/** What groups a report: a column, or the value that each session's label of this key has. */
export type Grouping = { column: "day" | "model" | "provider" | "session_id" } | { label: string };

const sums = `count(*) AS model_calls, sum(tool_calls) AS tool_calls,
  sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
  sum(cache_read_tokens) AS cache_read_tokens, sum(cache_creation_tokens) AS cache_creation_tokens,
  sum(reasoning_tokens) AS reasoning_tokens, total(usd) AS usd, sum(usd IS NULL) AS unpriced_calls,
  sum(latency_ms) AS latency_ms, sum(retries) AS retries`;

/** The statements of the realm's books: a row per model call, and what is reserved for calls under way. */
export class UsageStorage {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Enters a call. @returns false for one that is in the books already */
  enter(sessionId: string, call: ModelCall): boolean {
    const { usage } = call;
    return (
      this.#sql.exec(
        `INSERT OR IGNORE INTO usage (day, session_id, number, model, provider, input_tokens,
           output_tokens, cache_read_tokens, cache_creation_tokens, reasoning_tokens, usd,
           latency_ms, retries, tool_calls)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        dayOf(call.at),
        sessionId,
        call.number,
        call.model,
        call.provider,
        usage.input_tokens,
        usage.output_tokens,
        usage.cache_read_tokens ?? 0,
        usage.cache_creation_tokens ?? 0,
        usage.reasoning_tokens ?? 0,
        call.usd,
        call.latency_ms,
        call.retries,
        call.tool_calls,
      ).rowsWritten > 0
    );
  }

  /** Sums by group, the first groups first. */
  report({ from, to }: Span, grouping: Grouping): (Sums & { group: string })[] {
    const isLabel = "label" in grouping;
    const group = isLabel ? "coalesce(labels.value, '')" : grouping.column;
    const join = isLabel
      ? "LEFT JOIN labels ON labels.key = ? AND labels.session_id = usage.session_id"
      : "";
    return this.#sql
      .exec<Sums & { group: string }>(
        `SELECT ${group} AS "group", ${sums} FROM usage ${join}
         WHERE day BETWEEN ? AND ? GROUP BY 1 ORDER BY 1`,
        ...(isLabel ? [grouping.label] : []),
        from,
        to,
      )
      .toArray();
  }

  /** Everything that was used in a span. */
  total({ from, to }: Span): Sums {
    const [row] = this.#sql
      .exec<Record<keyof Sums, number | null>>(
        `SELECT ${sums} FROM usage WHERE day BETWEEN ? AND ?`,
        from,
        to,
      )
      .toArray();
    // A sum over nothing is null.
    const entries = Object.entries(row ?? {}).map(([key, value]) => [key, value ?? 0]);
    return Object.fromEntries(entries) as Sums;
  }

  /** Sets aside what a session's next call may use, in place of what was set aside for it before. */
  reserve(sessionId: string, { tokens, usd }: Reserved, until: number): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO reservations (session_id, tokens, usd, expires_at) VALUES (?, ?, ?, ?)",
      sessionId,
      tokens,
      usd,
      until,
    );
  }

  release(sessionId: string): void {
    this.#sql.exec("DELETE FROM reservations WHERE session_id = ?", sessionId);
  }

  /** What is set aside for all sessions but one, and for how many. */
  reserved(exceptSessionId: string, now: number): Reserved & { sessions: number } {
    return this.#sql
      .exec<Reserved & { sessions: number }>(
        `SELECT total(tokens) AS tokens, total(usd) AS usd, count(*) AS sessions FROM reservations
         WHERE session_id <> ? AND expires_at >= ?`,
        exceptSessionId,
        now,
      )
      .one();
  }
}

/** The calendar day of a moment, UTC. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
