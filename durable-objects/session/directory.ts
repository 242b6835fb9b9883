import type { ModelCall, SessionSummary } from "../../sdk/contract/index.ts";
import type { Books } from "./books.ts";
import type { Journal } from "./journal.ts";

/** What the realm's directory keeps of a session. */
export type DirectoryRow = Omit<SessionSummary, "session_ref" | "state"> & {
  /** Rises with each report; the directory ignores what is older than what it has. */
  version: number;
  archived: boolean;
  /** Unix milliseconds. */
  archived_at?: number | undefined;
  realm_id: string;
  /** Unix milliseconds: within one second the order still counts. */
  updated_at: number;
};

/** What became of a session that was to be erased. */
export interface Erasure {
  /** `kept`: it was used since; `nothing`: there was none. */
  outcome: "erased" | "nothing" | "kept";
  /** What the directory should say of one that was kept. */
  row?: DirectoryRow | undefined;
}

/** What a session is, asked of its object. */
export interface Standing {
  /** What the directory should say of it; nothing if it does not exist. */
  row: DirectoryRow | undefined;
  /** How many tables and alarms are stored under its name. */
  stored: number;
}

/** Takes rows; the realm's object in production. */
export interface DirectoryTarget {
  /** Also takes model calls for the realm's books, each once however often it is told. */
  record(row: DirectoryRow, calls: readonly ModelCall[]): Promise<void>;
}

/**
 * Keeps the realm's directory informed. The session's own log is the truth: a report that fails is
 * made again later, and a turn never waits for the realm (design 6).
 */
export class Directory {
  readonly #journal: Journal;
  readonly #books: Books;
  readonly #target: (realmId: string) => DirectoryTarget;
  #reported = 0;
  #reporting: Promise<void> | undefined;
  #isSilent = false;

  constructor(journal: Journal, books: Books, target: (realmId: string) => DirectoryTarget) {
    this.#journal = journal;
    this.#books = books;
    this.#target = target;
  }

  /** Whether the realm may not know the newest state yet. */
  get isBehind(): boolean {
    return !this.#isSilent && this.#journal.session !== undefined && this.#reported < this.#version;
  }

  /** Reports the newest state; calls made meanwhile share the next report. Never fails: see `isBehind`. */
  report(): Promise<void> {
    this.#reporting ??= this.#reportAll().finally(() => {
      this.#reporting = undefined;
    });
    return this.#reporting;
  }

  /** Gives an answer, or its failure, once the realm has heard of what it tells. */
  async after<Answer>(answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer;
    } finally {
      await this.report();
    }
  }

  /** Makes no further report; resolves when none is under way any more. */
  async silence(): Promise<void> {
    this.#isSilent = true;
    await this.#reporting;
  }

  /** What the realm should know of the session; nothing of one that never was. */
  row(): DirectoryRow | undefined {
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
      archived_at: state.archivedAt,
      model,
      provider,
      labels: identity.labels,
    };
  }

  async #reportAll(): Promise<void> {
    while (this.isBehind) {
      const row = this.row();
      if (!row) return;
      try {
        const calls = this.#books.unreported();
        await this.#target(row.realm_id).record(row, calls);
        this.#books.reported(calls);
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
    // A run's second event: above the 1 of a session that was created without a turn.
    const place = run ? run.firstSeq + 1 : Math.max(lastRun?.seq ?? 1, rewoundSeq);
    return archivedAt === undefined ? place : place + 1;
  }
}
