import type { AuditEntry, AuditVerdict } from "../../sdk/contract/index.ts";
import type { RealmRecord } from "./realm-record.ts";

const KEPT = 10_000;
// A whole page goes at once, so that a full log does not move its anchor with every deed.
const SLACK = 500;
const PAGE = 1_000;
const START = { seq: 0, hash: "0".repeat(64) };

/** Something that was done, by whom and from where. */
export type Deed = Pick<AuditEntry, "actor" | "operation" | "target" | "ip">;

/** The realm's audit log: only ever appended to, and each entry's hash covers the one before. */
export class AuditLog {
  readonly #record: RealmRecord;
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  /** Appends wait for each other: a hash needs the one before. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(record: RealmRecord, storage: DurableObjectStorage) {
    this.#record = record;
    this.#storage = storage;
    this.#sql = storage.sql;
  }

  /** Enters a deed. A realm that does not exist, or not any more, has no log. */
  append(deed: Deed): Promise<void> {
    const appended = this.#last.then(() => this.#append(deed));
    this.#last = appended.catch(() => undefined);
    return appended;
  }

  /** Newest first. */
  list({ limit, before }: { limit: number; before?: number | undefined }): {
    entries: AuditEntry[];
    has_more: boolean;
  } {
    if (!this.#record.exists) return { entries: [], has_more: false };
    const rows = this.#sql
      .exec<AuditRow>(
        "SELECT * FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?",
        before ?? Number.MAX_SAFE_INTEGER,
        limit + 1,
      )
      .toArray();
    return { entries: rows.slice(0, limit).map(entryOf), has_more: rows.length > limit };
  }

  /** Computes every hash again, from the anchor on. Entries that come meanwhile are left for the next time. */
  async verify(): Promise<AuditVerdict> {
    if (!this.#record.exists) return { valid: true, checked: 0 };
    const until = this.#newest().seq;
    let before = this.#anchor();
    const first = before.seq + 1;
    for (let checked = 0; ;) {
      const rows = this.#after(before.seq, until);
      for (const row of rows) {
        const isNext = row.seq === before.seq + 1;
        if (!isNext || row.hash !== (await hashOf(before.hash, entryOf(row)))) {
          return { valid: false, checked, first_seq: first, broken_at: before.seq + 1 };
        }
        checked += 1;
        before = row;
      }
      if (rows.length > 0) continue;
      if (checked === 0) return { valid: true, checked };
      return { valid: true, checked, first_seq: first, last_seq: before.seq, head: before.hash };
    }
  }

  async #append(deed: Deed): Promise<void> {
    if (!this.#record.exists) return;
    const before = this.#newest();
    const entry = { seq: before.seq + 1, at: Date.now(), ...deed };
    const hash = await hashOf(before.hash, entry);
    // The realm may have been erased while the hash was computed.
    if (!this.#record.exists) return;
    this.#storage.transactionSync(() => {
      this.#sql.exec(
        "INSERT INTO audit (seq, at, actor, operation, target, ip, hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
        entry.seq,
        entry.at,
        entry.actor,
        entry.operation,
        JSON.stringify(entry.target),
        entry.ip,
        hash,
      );
      this.#trim(entry.seq);
    });
  }

  /** Lets the oldest go; the newest of them stays as the anchor of what follows. */
  #trim(newest: number): void {
    if (newest - this.#anchor().seq <= KEPT + SLACK) return;
    const cut = newest - KEPT;
    this.#sql.exec(
      "INSERT OR REPLACE INTO audit_anchor (id, seq, hash) SELECT 1, seq, hash FROM audit WHERE seq = ?",
      cut,
    );
    this.#sql.exec("DELETE FROM audit WHERE seq <= ?", cut);
  }

  #anchor(): Link {
    const [row] = this.#sql.exec<Link>("SELECT seq, hash FROM audit_anchor").toArray();
    return row ?? START;
  }

  #newest(): Link {
    const [row] = this.#sql
      .exec<Link>("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
      .toArray();
    return row ?? this.#anchor();
  }

  #after(seq: number, until: number): AuditRow[] {
    return this.#sql
      .exec<AuditRow>(
        "SELECT * FROM audit WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
        seq,
        until,
        PAGE,
      )
      .toArray();
  }
}

type Link = { seq: number; hash: string };

type AuditRow = Link & {
  at: number;
  actor: string;
  operation: string;
  /** JSON. */
  target: string;
  ip: string | null;
};

function entryOf({ target, ...row }: AuditRow): AuditEntry {
  return { ...row, target: JSON.parse(target) };
}

/** An array, for its order is fixed; the target's keys are sorted. */
async function hashOf(before: string, entry: Omit<AuditEntry, "hash">): Promise<string> {
  const { seq, at, actor, operation, target, ip } = entry;
  const pairs = Object.entries(target).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify([before, seq, at, actor, operation, pairs, ip]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
}
