import type { ConfigChange } from "../../sdk/contract/index.ts";

const KEPT = 50;
const LISTED_KEYS = 100;

/** A change as it is noted: the document is kept without its secrets. */
export interface NotedChange {
  generation: number;
  actor: string;
  action: ConfigChange["action"];
  restored: number | undefined;
  changedKeys: readonly string[];
  config: unknown;
}

/**
 * The last 50 generations of the realm's config. A document takes one row: 256 KiB at most, see
 * `checkConfigSize`. Secrets are not copied here, so that a key that was taken out of the config is gone.
 */
export class ConfigHistory {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Notes a change, and forgets the one that is 50 generations older. */
  add({ generation, actor, action, restored, changedKeys, config }: NotedChange): void {
    this.#sql.exec(
      `INSERT INTO config_history (generation, created_at, actor, action, restored, changed_keys, changed_count, config)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      generation,
      Math.floor(Date.now() / 1_000),
      actor,
      action,
      restored ?? null,
      JSON.stringify(changedKeys.slice(0, LISTED_KEYS)),
      changedKeys.length,
      JSON.stringify(config),
    );
    this.#sql.exec("DELETE FROM config_history WHERE generation <= ?", generation - KEPT);
  }

  /** The newest changes first, without their documents. */
  list(limit = KEPT): ConfigChange[] {
    return this.#sql
      .exec<ChangeRow>(
        `SELECT generation, created_at, actor, action, restored, changed_keys, changed_count
         FROM config_history ORDER BY generation DESC LIMIT ?`,
        limit,
      )
      .toArray()
      .map(change);
  }

  /** One change with its document, or nothing when it is no longer kept. */
  find(generation: number): (ConfigChange & { config: Record<string, unknown> }) | undefined {
    const [row] = this.#sql
      .exec<ChangeRow & { config: string }>(
        "SELECT * FROM config_history WHERE generation = ?",
        generation,
      )
      .toArray();
    return row && { ...change(row), config: JSON.parse(row.config) };
  }

  /** The oldest and the newest generation that can be restored. */
  get kept(): { oldest: number; newest: number } | undefined {
    const { oldest, newest } = this.#sql
      .exec<{ oldest: number | null; newest: number | null }>(
        "SELECT min(generation) AS oldest, max(generation) AS newest FROM config_history",
      )
      .one();
    return oldest === null || newest === null ? undefined : { oldest, newest };
  }
}

type ChangeRow = {
  generation: number;
  created_at: number;
  actor: string;
  action: ConfigChange["action"];
  restored: number | null;
  changed_keys: string;
  changed_count: number;
};

function change(row: ChangeRow): ConfigChange {
  const { generation, created_at, actor, action, restored, changed_keys, changed_count } = row;
  return {
    generation,
    created_at,
    actor,
    action,
    ...(restored === null ? {} : { restored_generation: restored }),
    changed_keys: JSON.parse(changed_keys),
    changed_count,
  };
}
