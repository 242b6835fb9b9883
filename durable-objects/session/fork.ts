import { AppError, type Labels, noUsage, type Remote } from "../../sdk/contract/index.ts";
import { fingerprint } from "./fingerprint.ts";
import type { ForkOrigin, ForkSource } from "./fork-origin.ts";
import type { IntakeStorage } from "./intake-storage.ts";
import type { Journal } from "./journal.ts";
import { RequestKeys } from "./request-keys.ts";
import type { RowPlace, TranscriptRows } from "./transcript-rows.ts";

/** A request to make a session out of another one's transcript. */
export interface ForkRequest {
  from_session_id: string;
  /** How many messages to take; all that are committed, unless given. */
  at?: number | undefined;
  /** In place of the source's. */
  labels?: Labels | null | undefined;
  /** The new session's id follows from it. */
  idempotency_key: string;
}

/** What was made: how many messages the new session began with. */
export interface Forked {
  messageCount: number;
}

/** What a fork needs of its object. */
interface Surroundings {
  source: (realmId: string, sessionId: string) => Remote<ForkSource>;
  /** Sees to it that `sweep` is called some time later, even after a crash. */
  wakeLater: () => void;
}

const START: RowPlace = { position: -1, part: 0 };

/**
 * Makes this object's session a copy of another one. Rows come in pages, each in a transaction of its
 * own; nobody can see them until the last transaction makes the session. A crash before leaves rows
 * that the next try, or the sweep, throws away.
 */
export class Fork {
  readonly #journal: Journal;
  readonly #rows: TranscriptRows;
  readonly #storage: IntakeStorage;
  readonly #keys: RequestKeys;
  readonly #around: Surroundings;
  #copying: { hash: string; done: Promise<Forked> } | undefined;

  constructor(
    journal: Journal,
    storage: { rows: TranscriptRows; intake: IntakeStorage },
    around: Surroundings,
  ) {
    this.#journal = journal;
    this.#rows = storage.rows;
    this.#storage = storage.intake;
    this.#keys = new RequestKeys(storage.intake);
    this.#around = around;
  }

  /** @throws {AppError} what the source refuses, and `CONFLICT` if the id is taken for something else */
  async begin(ids: { realmId: string; sessionId: string }, request: ForkRequest): Promise<Forked> {
    const hash = await fingerprint({ operation: "fork", ...request });
    if (this.#journal.session) return this.#repeat(request, hash);
    this.#copying ??= {
      hash,
      done: this.#copy(ids, request, hash).finally(() => (this.#copying = undefined)),
    };
    if (this.#copying.hash !== hash) throw taken;
    return this.#copying.done;
  }

  /** Throws away what a crash left of a copy that nobody came back for. */
  async sweep(): Promise<void> {
    if (this.#copying) this.#around.wakeLater();
    else await this.#rows.discard();
  }

  async #copy(
    ids: { realmId: string; sessionId: string },
    request: ForkRequest,
    hash: string,
  ): Promise<Forked> {
    const source = () => this.#around.source(ids.realmId, request.from_session_id);
    const origin = await source().forkOrigin(request.at);
    this.#checkFree();
    this.#around.wakeLater();
    this.#rows.clear();
    for (let after = START; ;) {
      const page = await source().forkRows(origin, after);
      this.#checkFree();
      const last = page.at(-1);
      if (!last) break;
      this.#rows.add(page);
      after = { position: last.position, part: last.part };
    }
    this.#create(ids, request, origin, hash);
    return { messageCount: origin.at };
  }

  #create(
    ids: { realmId: string; sessionId: string },
    request: ForkRequest,
    origin: ForkOrigin,
    hash: string,
  ): void {
    const now = Date.now();
    const { at, identity, tools, outputSchema } = origin;
    const hasOutputSchema = outputSchema !== "";
    const from_session_id = request.from_session_id;
    this.#journal.create(
      {
        ...ids,
        createdAt: Math.floor(now / 1_000),
        labels: request.labels ?? origin.labels,
      },
      {
        reservedUntil: 0,
        identity,
        usage: noUsage,
        updatedAt: now,
        messageCount: at,
        hasOutputSchema,
      },
      {
        events: [{ type: "session_forked", session_id: ids.sessionId, from_session_id, at }],
        also: () => {
          this.#keys.remember(request, { hash, runId: "", firstSeq: 0 });
          if (tools !== "") this.#storage.setDocument("session_tools", tools);
          if (hasOutputSchema) this.#storage.setDocument("session_output", outputSchema);
        },
      },
    );
  }

  /** The first answer again: the log begins with it. */
  #repeat(request: ForkRequest, hash: string): Forked {
    if (!this.#keys.repeat(request, hash)) throw taken;
    const [first] = this.#journal.eventsAfter(0);
    if (first?.event.type !== "session_forked") throw taken;
    return { messageCount: first.event.at };
  }

  /** A create under the same key, or an erasure, may have come between two pages. */
  #checkFree(): void {
    this.#journal.checkOpen();
    if (this.#journal.session) throw taken;
  }
}

const taken = new AppError("CONFLICT", "The idempotency key was used for another request", {
  reason: "idempotency_key_reused",
});
