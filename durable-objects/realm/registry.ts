import type { RealmDeletion } from "../../sdk/contract/index.ts";
import { hasTable, migrate } from "../lib/migrate.ts";
import { migrations } from "./migrations.ts";

const PROOF_KEPT_MS = 30 * 24 * 60 * 60_000;

/**
 * The deployment's realms by name, kept by the object of the reserved realm, since objects cannot be
 * listed by name. Realms enter themselves soon after their creation; what they are, they know themselves.
 */
export class Registry {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
  }

  /** Enters a realm; again is as good as once. */
  enter(realmId: string): void {
    migrate(this.#storage, migrations);
    this.#sql.exec("INSERT OR REPLACE INTO registry (realm_id) VALUES (?)", realmId);
  }

  /** Takes a deleted realm off the list and keeps the proof for a while. */
  leave(realmId: string, deletion: RealmDeletion): void {
    migrate(this.#storage, migrations);
    const now = Date.now();
    this.#sql.exec("DELETE FROM registry WHERE deleted_at < ?", now - PROOF_KEPT_MS);
    this.#sql.exec(
      "INSERT OR REPLACE INTO registry (realm_id, deletion, deleted_at) VALUES (?, ?, ?)",
      realmId,
      JSON.stringify(deletion),
      now,
    );
  }

  /** Names after `cursor`, in order. */
  list(cursor: string, limit: number): string[] {
    if (!hasTable(this.#sql, "registry")) return [];
    return this.#sql
      .exec<{ realm_id: string }>(
        `SELECT realm_id FROM registry WHERE realm_id > ? AND deletion IS NULL
         ORDER BY realm_id LIMIT ?`,
        cursor,
        limit,
      )
      .toArray()
      .map(({ realm_id }) => realm_id);
  }

  /** How the last realm of this name was deleted, if it was and there is no new one. */
  deletionOf(realmId: string): RealmDeletion | undefined {
    if (!hasTable(this.#sql, "registry")) return undefined;
    const [row] = this.#sql
      .exec<{ deletion: string | null }>(
        "SELECT deletion FROM registry WHERE realm_id = ?",
        realmId,
      )
      .toArray();
    return row?.deletion ? JSON.parse(row.deletion) : undefined;
  }
}
