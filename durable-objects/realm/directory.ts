import { AppError, type ModelCall, type SessionSummary } from "../../sdk/contract/index.ts";
import type { DirectoryRow, DirectoryTarget } from "../session/directory.ts";
import type { TurnContext } from "./credentials.ts";
import { DirectoryStorage, type SessionRow } from "./directory-storage.ts";
import type { RealmRecord } from "./realm-record.ts";
import type { TurnGate } from "./turn-gate.ts";
import type { Usage } from "./usage.ts";

// A session reports when it is created; one that was refused after all never does.
const EXPECTED_MS = 10_000;

interface Page {
  limit: number;
  offset: number;
  /** Pairs that a session must all have. */
  labels: Record<string, string>;
}

interface DirectoryReach {
  /** The realm's books. */
  usage: Usage;
  turns: TurnGate;
  onChange: () => void;
  turnContext: () => Promise<TurnContext>;
}

/** The realm's list of its sessions, kept from what they report. */
export class Directory implements DirectoryTarget {
  readonly #record: RealmRecord;
  readonly #storage: DirectoryStorage;
  readonly #usage: Usage;
  readonly #turns: TurnGate;
  readonly #onChange: () => void;
  readonly #turnContext: () => Promise<TurnContext>;
  /** Sessions that were let in and have not reported yet, and until when their places are kept. */
  readonly #expected = new Map<string, number>();

  constructor(record: RealmRecord, storage: DirectoryStorage, reach: DirectoryReach) {
    this.#record = record;
    this.#storage = storage;
    this.#usage = reach.usage;
    this.#turns = reach.turns;
    this.#onChange = reach.onChange;
    this.#turnContext = reach.turnContext;
  }

  /**
   * Notes a session before it exists, so that none can be missed; a realm's very first ones are noted
   * by their reports, since a session that is refused must not make a realm. Brings what its first turn
   * needs. @throws {AppError} `REALM_DELETING`, `SERVICE_UNAVAILABLE` when `limits.max_sessions` are open
   */
  join(sessionId: string): Promise<TurnContext> {
    const found = this.#record.inUse();
    const most = found?.config.limits?.max_sessions;
    if (most) this.#admit(sessionId, most);
    if (found) this.#storage.join(sessionId);
    return this.#turnContext();
  }

  /** Takes a session's report; the first one makes the realm. One that is being deleted only has to know of it. */
  async record(row: DirectoryRow, calls: readonly ModelCall[] = []): Promise<void> {
    if (this.#record.find()?.isDeleting) {
      this.#storage.join(row.session_id);
      return;
    }
    const { config } = this.#record.open();
    this.#storage.record(row);
    this.#usage.enter(row.session_id, calls);
    if (!row.is_active) {
      this.#usage.release(row.session_id);
      this.#turns.release(row.session_id, row.version);
    }
    this.#expected.delete(row.session_id);
    if (config.retention) this.#onChange();
  }

  /** Keeps a place for a session that is about to be created, exactly as long as this object lives. */
  #admit(sessionId: string, most: number): void {
    const now = Date.now();
    for (const [id, until] of this.#expected) if (until < now) this.#expected.delete(id);
    this.#expected.delete(sessionId);
    const open = this.#record.exists ? this.#storage.countOpen(most) : 0;
    if (open + this.#expected.size < most) {
      this.#expected.set(sessionId, now + EXPECTED_MS);
      return;
    }
    const message = `The realm has ${most} open sessions, as many as limits.max_sessions allows: archive one first`;
    throw new AppError("SERVICE_UNAVAILABLE", message, { max_sessions: most });
  }

  /** Whether a session, archived ones included, has all of these labels; also false for an unknown one. */
  has(sessionId: string, labels: Readonly<Record<string, string>>): boolean {
    return this.#record.exists && this.#storage.has(sessionId, labels);
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
