import type { SessionSummary } from "../../sdk/contract/index.ts";
import type { Journal } from "./journal.ts";

/** What the realm's directory keeps of a session. */
export type DirectoryRow = Omit<SessionSummary, "session_ref" | "state"> & {
  /** Rises with each report; the directory ignores what is older than what it has. */
  version: number;
  archived: boolean;
  realm_id: string;
  /** Unix milliseconds: within one second the order still counts. */
  updated_at: number;
};

/** Takes rows; the realm's object in production. */
export interface DirectoryTarget {
  record(row: DirectoryRow): Promise<void>;
}

/**
 * Keeps the realm's directory informed. The session's own log is the truth: a report that fails is
 * made again later, and a turn never waits for the realm (design 6).
 */
export class Directory {
  readonly #journal: Journal;
  readonly #target: (realmId: string) => DirectoryTarget;
  #reported = 0;
  #reporting: Promise<void> | undefined;

  constructor(journal: Journal, target: (realmId: string) => DirectoryTarget) {
    this.#journal = journal;
    this.#target = target;
  }

  /** Whether the realm may not know the newest state yet. */
  get isBehind(): boolean {
    return this.#journal.session !== undefined && this.#reported < this.#version;
  }

  /** Reports the newest state; calls made meanwhile share the next report. Never fails: see `isBehind`. */
  report(): Promise<void> {
    this.#reporting ??= this.#reportAll().finally(() => {
      this.#reporting = undefined;
    });
    return this.#reporting;
  }

  async #reportAll(): Promise<void> {
    while (this.isBehind) {
      const row = this.#row();
      if (!row) return;
      try {
        await this.#target(row.realm_id).record(row);
      } catch (cause) {
        console.error("the realm's directory could not be told", cause);
        return;
      }
      this.#reported = row.version;
    }
  }

  get #version(): number {
    const { run, lastRun, rewoundSeq = 1, archivedAt } = this.#journal.session?.state ?? {};
    // Only what the directory shows counts: a run that began, ended or was undone, or an archived session.
    const place = run?.firstSeq ?? Math.max(lastRun?.seq ?? 1, rewoundSeq);
    return archivedAt === undefined ? place : place + 1;
  }

  #row(): DirectoryRow | undefined {
    const found = this.#journal.session;
    if (!found) return undefined;
    const { identity, state } = found;
    const { model, provider } = state.identity;
    return {
      realm_id: identity.realmId,
      session_id: identity.sessionId,
      version: this.#version,
      created_at: identity.createdAt,
      updated_at: state.updatedAt,
      message_count: state.messageCount,
      total_tokens: state.usage.input_tokens + state.usage.output_tokens,
      is_active: state.run !== undefined,
      archived: state.archivedAt !== undefined,
      model,
      provider,
      labels: identity.labels,
    };
  }
}
