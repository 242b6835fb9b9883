import type { ConfigDocument, SessionSummary } from "../../sdk/contract/index.ts";
import type { DirectoryRow, DirectoryTarget } from "../session/directory.ts";
import { DirectoryStorage, type SessionRow } from "./directory-storage.ts";
import type { RealmRecord } from "./realm-record.ts";

interface Page {
  limit: number;
  offset: number;
  /** Pairs that a session must all have. */
  labels: Record<string, string>;
}

/** The realm's list of its sessions, kept from what they report. */
export class Directory implements DirectoryTarget {
  readonly #record: RealmRecord;
  readonly #storage: DirectoryStorage;
  readonly #onChange: () => void;

  constructor(record: RealmRecord, storage: DirectoryStorage, onChange: () => void) {
    this.#record = record;
    this.#storage = storage;
    this.#onChange = onChange;
  }

  /**
   * Notes a session before it exists, so that none can be missed; a realm's very first ones are noted
   * by their reports, since a session that is refused must not make a realm. @throws {AppError} `REALM_DELETING`
   */
  join(sessionId: string): { config: ConfigDocument } {
    const found = this.#record.inUse();
    if (found) this.#storage.join(sessionId);
    return { config: found?.config ?? {} };
  }

  /** Takes a session's report; the first one makes the realm. One that is being deleted only has to know of it. */
  async record(row: DirectoryRow): Promise<void> {
    if (this.#record.find()?.isDeleting) {
      this.#storage.join(row.session_id);
      return;
    }
    const { config } = this.#record.open();
    this.#storage.record(row);
    if (config.retention) this.#onChange();
  }

  /** Sessions that are not archived, most recently used first. */
  list({ limit, offset, labels }: Page): SessionSummary[] {
    const found = this.#record.find();
    if (!found) return [];
    const { realmId } = found.manifest;
    return this.#storage.list(limit, offset, labels).map((row) => summary(realmId, row));
  }
}

function summary(realmId: string, { labels, is_active, ...row }: SessionRow): SessionSummary {
  const pairs: Record<string, string> = JSON.parse(labels);
  const { session_id, created_at, updated_at, message_count, total_tokens, model, provider } = row;
  return {
    session_id,
    session_ref: `${realmId}:${session_id}`,
    created_at,
    updated_at: Math.floor(updated_at / 1_000),
    message_count,
    total_tokens,
    is_active: is_active === 1,
    state: is_active === 1 ? "running" : "idle",
    model,
    provider,
    ...(Object.keys(pairs).length > 0 ? { labels: pairs } : {}),
  };
}
