import { AppError, type Quota, type TurnLimits } from "../../sdk/contract/index.ts";
import type { RealmRecord } from "./realm-record.ts";

// A session reports as soon as its turn runs; one that could not start after all never does.
const EXPECTED_MS = 10_000;
const MINUTE_MS = 60_000;
// When a running turn ends is not known: a client that asks again after this long loses little.
const FULL_RETRY_SECS = 5;

/** Whose turns are counted together: the realm's, or those of one token. */
interface Counted {
  /** Empty for the whole realm. */
  holder: string;
  /** As it is told. */
  name: string;
  limits: TurnLimits;
}

/**
 * Lets turns begin within `limits.max_concurrent_turns` and `limits.turns_per_minute` of the realm's
 * config, and those of the token that starts them: exactly, because one object decides in one
 * synchronous step. Sessions ask only where one of them is set.
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
  admit(sessionId: string, seq: number, quota?: Quota): void {
    const counted = this.#counted(quota);
    const now = Date.now();
    this.#forgetFree(now);
    for (const one of counted) this.#checkPlaces(sessionId, one);
    const next = counted.map((one) => this.#nextDue(one, now));
    for (const [index, { holder }] of counted.entries()) {
      const due = next[index];
      if (due === undefined) continue;
      this.#sql.exec(
        "INSERT OR REPLACE INTO turn_rates (holder, due_at) VALUES (?, ?)",
        holder,
        due,
      );
    }
    if (!counted.some(({ limits }) => limits.max_concurrent_turns)) return;
    this.#sql.exec(
      "INSERT OR REPLACE INTO turn_places (session_id, version, admitted_at, holder) VALUES (?, ?, ?, ?)",
      sessionId,
      // A session that was created without a turn has reported a 1 before its first event.
      Math.max(seq, 1),
      now,
      quota?.holder ?? "",
    );
  }

  /** Gives back the place of a session whose turn could not begin. */
  forgo(sessionId: string): void {
    this.#sql.exec("DELETE FROM turn_places WHERE session_id = ?", sessionId);
  }

  /**
   * Gives back the place of a session that reports a turn's end: the next turn there may be another's,
   * who needs none. A report that is older than the place tells of a turn before.
   */
  release(sessionId: string, version: number): void {
    this.#sql.exec(
      "DELETE FROM turn_places WHERE session_id = ? AND version < ?",
      sessionId,
      version,
    );
  }

  #counted(quota: Quota | undefined): Counted[] {
    const { max_concurrent_turns, turns_per_minute } = this.#record.inUse()?.config.limits ?? {};
    const limits = {
      max_concurrent_turns: max_concurrent_turns ?? undefined,
      turns_per_minute: turns_per_minute ?? undefined,
    };
    const realm = { holder: "", name: "realm", limits };
    return quota ? [realm, { holder: quota.holder, name: "token", limits: quota }] : [realm];
  }

  /** A place is free again when its session's report says so; what is due by now needs no row. */
  #forgetFree(now: number): void {
    this.#sql.exec(
      `DELETE FROM turn_places WHERE session_id NOT IN (
         SELECT place.session_id FROM turn_places AS place
         LEFT JOIN sessions USING (session_id)
         WHERE sessions.is_active = 1 OR (coalesce(sessions.version, 0) <= place.version
           AND place.admitted_at > ?))`,
      now - EXPECTED_MS,
    );
    this.#sql.exec("DELETE FROM turn_rates WHERE due_at <= ?", now);
  }

  /** A session takes one place at most. */
  #checkPlaces(sessionId: string, { holder, name, limits }: Counted): void {
    const { max_concurrent_turns: most } = limits;
    if (!most) return;
    const { taken } = this.#sql
      .exec<{ taken: number }>(
        "SELECT count(*) AS taken FROM turn_places WHERE session_id <> ?1 AND (?2 = '' OR holder = ?2)",
        sessionId,
        holder,
      )
      .one();
    if (taken < most) return;
    const message = `The ${name} runs ${turns(most)}, as many as its limits.max_concurrent_turns allows`;
    throw refusal(message, FULL_RETRY_SECS, { max_concurrent_turns: most });
  }

  /** Turns come due evenly; who was quiet for a minute may start a whole minute's at once. */
  #nextDue({ holder, name, limits }: Counted, now: number): number | undefined {
    const { turns_per_minute: rate } = limits;
    if (!rate) return undefined;
    const [row] = this.#sql
      .exec<{ due_at: number }>("SELECT due_at FROM turn_rates WHERE holder = ?", holder)
      .toArray();
    const next = Math.max(row?.due_at ?? 0, now) + MINUTE_MS / rate;
    // Sums of fractions: the last turn of a minute must not fail by a rounding.
    const early = next - now - MINUTE_MS;
    if (early <= 0.001) return next;
    const message = `The ${name} started ${turns(rate)} within a minute, as many as its limits.turns_per_minute allows`;
    throw refusal(message, Math.ceil(early / 1_000), { turns_per_minute: rate });
  }
}

function turns(count: number): string {
  return count === 1 ? "1 turn" : `${count} turns`;
}

function refusal(message: string, retryAfterSecs: number, limit: object): AppError {
  return new AppError("RATE_LIMITED", message, { ...limit, retry_after_secs: retryAfterSecs });
}
