/** A session as those see it who ask or erase many. */
export type Member = { session_id: string; version: number | null };

const DAY_MS = 24 * 60 * 60_000;
const LONGEST_RUN_MS = 2 * DAY_MS;

/** Who belongs to the realm: the statements that walk the directory for upkeep, in pages by id or by age. */
export class Membership {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Everybody after `cursor`, with the version that the directory has, also rows that nobody joined. */
  page(cursor: string, limit: number): Member[] {
    return this.#sql
      .exec<Member>(
        `SELECT session_id, version FROM
           (SELECT session_id FROM members WHERE session_id > ?1
            UNION SELECT session_id FROM sessions WHERE session_id > ?1
            ORDER BY session_id LIMIT ?2)
         LEFT JOIN sessions USING (session_id)`,
        cursor,
        limit,
      )
      .toArray();
  }

  /** These sessions, whether the realm knows them or not. */
  named(sessionIds: readonly string[]): Member[] {
    return sessionIds.map((session_id) => {
      const [row] = this.#sql
        .exec<{ version: number }>("SELECT version FROM sessions WHERE session_id = ?", session_id)
        .toArray();
      return { session_id, version: row?.version ?? null };
    });
  }

  count(): number {
    return this.#sql.exec<{ n: number }>("SELECT count(*) AS n FROM members").one().n;
  }

  /** Sessions that run a turn. Only recent ones are looked at: a turn takes a day at most. */
  active(): number {
    const { n } = this.#sql
      .exec<{ n: number }>(
        `SELECT count(*) AS n FROM sessions
         WHERE archived = 0 AND updated_at > ? AND is_active = 1`,
        Date.now() - LONGEST_RUN_MS,
      )
      .one();
    return n;
  }

  /** When a session that is not archived was last used, in unix milliseconds. */
  lastUse(): number | undefined {
    const [row] = this.#sql
      .exec<{ at: number }>(
        "SELECT updated_at AS at FROM sessions WHERE archived = 0 ORDER BY updated_at DESC LIMIT 1",
      )
      .toArray();
    return row?.at;
  }

  /** The sessions that were archived first, with the time; an index keeps them in order. */
  archived(limit: number): (Member & { at: number })[] {
    return this.#sql
      .exec<Member & { at: number }>(
        `SELECT session_id, version, archived_at AS at FROM sessions
         WHERE archived_at IS NOT NULL ORDER BY archived_at LIMIT ?`,
        limit,
      )
      .toArray();
  }

  /** The sessions at rest that nobody used for longest, with the time. */
  idle(limit: number): (Member & { at: number })[] {
    return this.#sql
      .exec<Member & { at: number }>(
        `SELECT session_id, version, updated_at AS at FROM sessions
         WHERE archived = 0 AND is_active = 0 ORDER BY updated_at LIMIT ?`,
        limit,
      )
      .toArray();
  }
}
