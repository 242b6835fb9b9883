import { AppError } from "../../sdk/contract/index.ts";
import type { RealmRecord } from "./realm-record.ts";

// A session reports as soon as its turn runs; one that could not start after all never does.
const EXPECTED_MS = 10_000;
const MINUTE_MS = 60_000;
// When a running turn ends is not known: a client that asks again after this long loses little.
const FULL_RETRY_SECS = 5;

/**
 * Lets turns begin within `limits.max_concurrent_turns` and `limits.turns_per_minute`: exactly, because
 * one object decides in one synchronous step. Sessions ask only where one of the two is set.
 */
export class TurnGate {
  readonly #record: RealmRecord;
  readonly #sql: SqlStorage;

  constructor(record: RealmRecord, sql: SqlStorage) {
    this.#record = record;
    this.#sql = sql;
  }

  /**
   * Takes a place for a session's turn. `seq` is the session's newest event: a report with a higher
   * version tells of this turn or a later one. @throws {AppError} `RATE_LIMITED`, which takes nothing
   */
  admit(sessionId: string, seq: number): void {
    const { max_concurrent_turns: most, turns_per_minute: rate } =
      this.#record.inUse()?.config.limits ?? {};
    const now = Date.now();
    if (most) this.#checkPlaces(sessionId, most, now);
    if (rate) this.#count(rate, now);
    if (most) {
      this.#sql.exec(
        "INSERT OR REPLACE INTO turn_places (session_id, version, admitted_at) VALUES (?, ?, ?)",
        sessionId,
        // A session that was created without a turn has reported a 1 before its first event.
        Math.max(seq, 1),
        now,
      );
    }
  }

  /** A place is free again when its session's report says so; a session takes one at most. */
  #checkPlaces(sessionId: string, most: number, now: number): void {
    this.#sql.exec(
      `DELETE FROM turn_places WHERE session_id NOT IN (
         SELECT place.session_id FROM turn_places AS place
         LEFT JOIN sessions USING (session_id)
         WHERE sessions.is_active = 1 OR (coalesce(sessions.version, 0) <= place.version
           AND place.admitted_at > ?))`,
      now - EXPECTED_MS,
    );
    const { taken } = this.#sql
      .exec<{ taken: number }>(
        "SELECT count(*) AS taken FROM turn_places WHERE session_id <> ?",
        sessionId,
      )
      .one();
    if (taken < most) return;
    const message = `The realm runs ${most} turns, as many as limits.max_concurrent_turns allows`;
    throw refusal(message, FULL_RETRY_SECS, { max_concurrent_turns: most });
  }

  /** Turns come due evenly; a realm that was quiet for a minute may start a whole minute's at once. */
  #count(rate: number, now: number): void {
    const [row] = this.#sql.exec<{ due_at: number }>("SELECT due_at FROM turn_rate").toArray();
    const gap = MINUTE_MS / rate;
    const next = Math.max(row?.due_at ?? 0, now) + gap;
    // Sums of fractions: the last turn of a minute must not fail by a rounding.
    const early = next - now - MINUTE_MS;
    if (early > 0.001) {
      const message = `The realm started ${rate} turns within a minute, as many as limits.turns_per_minute allows`;
      throw refusal(message, Math.ceil(early / 1_000), { turns_per_minute: rate });
    }
    this.#sql.exec("INSERT OR REPLACE INTO turn_rate (id, due_at) VALUES (1, ?)", next);
  }
}

function refusal(message: string, retryAfterSecs: number, limit: object): AppError {
  return new AppError("RATE_LIMITED", message, { ...limit, retry_after_secs: retryAfterSecs });
}
