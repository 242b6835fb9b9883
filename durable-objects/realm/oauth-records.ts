import { hasTable, migrate } from "../lib/migrate.ts";
import { migrations } from "./migrations.ts";
import type { RealmRecord } from "./realm-record.ts";

/**
 * Of each kind: strangers can make clients and consent pages, so the one that would end next goes first. Those
 * that somebody agreed to something with are counted apart: no stranger can crowd them out.
 */
const MOST_OF_A_KIND = 10_000;
const GRANT = "grant:";

/** A name and what the library noted with it. */
export interface RecordName {
  name: string;
  metadata: unknown;
}

/** What the OAuth library keeps, as it would in KV, but strongly consistent. */
export class OAuthRecords {
  readonly #record: RealmRecord;
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;

  constructor(record: RealmRecord, storage: DurableObjectStorage) {
    this.#record = record;
    this.#storage = storage;
    this.#sql = storage.sql;
  }

  get(key: string): string | undefined {
    if (!hasTable(this.#sql, "oauth_records")) return undefined;
    const [row] = this.#sql
      .exec<{ value: string }>(
        "SELECT value FROM oauth_records WHERE key = ? AND (expires_at IS NULL OR expires_at > ?)",
        key,
        seconds(),
      )
      .toArray();
    return row?.value;
  }

  /** `expiresAt` in unix seconds. */
  put(key: string, value: string, expiresAt: number | undefined, metadata?: unknown): void {
    // A grant is of a realm in use; clients are in an object that is no realm.
    if (key.startsWith(GRANT)) this.#record.open();
    else migrate(this.#storage, migrations);
    this.#sql.exec("DELETE FROM oauth_records WHERE expires_at <= ?", seconds());
    this.#sql.exec(
      `INSERT INTO oauth_records (key, value, metadata, expires_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET value = excluded.value, metadata = excluded.metadata,
         expires_at = excluded.expires_at`,
      key,
      value,
      metadata === undefined ? null : JSON.stringify(metadata),
      expiresAt ?? null,
    );
    this.#trim(key, 0);
  }

  /** Somebody agreed to something with it. */
  trust(key: string): void {
    migrate(this.#storage, migrations);
    const { rowsWritten } = this.#sql.exec(
      "UPDATE oauth_records SET is_trusted = 1 WHERE key = ? AND is_trusted = 0",
      key,
    );
    if (rowsWritten > 0) this.#trim(key, 1);
  }

  /** @returns whether there was one: who takes a record away is the one who may use it */
  delete(key: string): boolean {
    if (!hasTable(this.#sql, "oauth_records")) return false;
    const deleted = this.#sql.exec("DELETE FROM oauth_records WHERE key = ? RETURNING key", key);
    return deleted.toArray().length > 0;
  }

  /** Names that begin so, in order, after the one given. */
  list(prefix: string, after: string, limit: number): RecordName[] {
    if (!hasTable(this.#sql, "oauth_records")) return [];
    return this.#sql
      .exec<{ key: string; metadata: string | null }>(
        `SELECT key, metadata FROM oauth_records
         WHERE key > ? AND key >= ? AND key < ? AND (expires_at IS NULL OR expires_at > ?)
         ORDER BY key LIMIT ?`,
        after,
        prefix,
        `${prefix}\uffff`,
        seconds(),
        limit,
      )
      .toArray()
      .map(({ key: name, metadata }) => ({ name, metadata: JSON.parse(metadata ?? "null") }));
  }

  #trim(key: string, isTrusted: 0 | 1): void {
    const kind = key.slice(0, key.indexOf(":") + 1);
    const alike = "FROM oauth_records WHERE key >= ?1 AND key < ?2 AND is_trusted = ?3";
    this.#sql.exec(
      `DELETE FROM oauth_records WHERE key IN (
         SELECT key ${alike} ORDER BY expires_at LIMIT max(0, (SELECT count(*) ${alike}) - ?4))`,
      kind,
      `${kind}\uffff`,
      isTrusted,
      MOST_OF_A_KIND,
    );
  }
}

function seconds(): number {
  return Math.floor(Date.now() / 1_000);
}
