import {
  type AgentEvent,
  AppError,
  type ContentBlock,
  type LogEntry,
} from "../../sdk/contract/index.ts";
import type { StoredMessage } from "../providers/provider.ts";
import { excerpt, pieces } from "./excerpt.ts";
import type { SessionIdentity, SessionState } from "./state.ts";
import type { Commit, SessionStorage } from "./storage.ts";

// How many deltas may be shown before storage must hear of it. A crash leaves a gap of at most this.
const SEQ_BLOCK = 4096;
const CHECKPOINT_MS = 5_000;
const CHECKPOINT_CHARS = 256 * 1024;

/** Who hears of events the moment they count. */
export interface Listener {
  /** An event that anyone may see now; several come before one `flush`. */
  publish(entry: LogEntry): void;
  /** A delta: sent as soon as the pace of the watchers allows. */
  publishDelta(entry: LogEntry): void;
  flush(): void;
}

/** What one commit adds. */
export interface Change {
  events?: readonly AgentEvent[];
  messages?: readonly StoredMessage[];
  /** What changes in the state, given the places of the first and the last of these events. */
  state?: (place: Place) => StatePatch;
  /** Further statements of the same transaction. */
  also?: ((place: Place) => void) | undefined;
}

/** Where a commit's own events stand in the log. */
interface Place {
  first: number;
  last: number;
}

type StatePatch = { [Key in keyof SessionState]?: SessionState[Key] | undefined };

/**
 * The session's one log, and the state that follows from it. Boundary events are stored before
 * anyone hears of them (design I-1); deltas are told at once and stored with the next boundary (I-2).
 */
export class Journal {
  readonly #storage: SessionStorage;
  readonly #listener: Listener;
  #found: { identity: SessionIdentity; state: SessionState } | undefined;
  #seq: number;
  #pending: LogEntry[] = [];
  #pendingChars = 0;
  #transcript: StoredMessage[] | undefined;
  #checkpoint: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(storage: SessionStorage, listener: Listener) {
    this.#storage = storage;
    this.#listener = listener;
    this.#found = storage.find();
    // What was shown but not stored before a crash lies at most here: numbers go on above it.
    this.#seq = this.#found?.state.reservedUntil ?? 0;
  }

  /** The session, if it was ever created. */
  get session(): { identity: SessionIdentity; state: SessionState } | undefined {
    return this.#found;
  }

  /** The newest number that any client can have seen. */
  get seq(): number {
    return this.#seq;
  }

  create(
    identity: SessionIdentity,
    state: Omit<SessionState, "messageCount"> & { messageCount?: number },
    change: Change,
  ): void {
    this.checkOpen();
    // A fork's messages are there before it is.
    const commit = this.#prepare({ messageCount: 0, ...state }, change);
    this.#storage.create(identity, commit);
    this.#found = { identity, state: commit.state };
    this.#accept(commit);
  }

  /** The session is gone from storage: whoever still holds this journal finds none, and can make none. */
  close(): void {
    clearTimeout(this.#checkpoint);
    this.#found = undefined;
    this.#isClosed = true;
  }

  /** @throws {AppError} `SESSION_NOT_FOUND` after `close` */
  checkOpen(): void {
    if (!this.#isClosed) return;
    throw new AppError("SESSION_NOT_FOUND", "The session was erased while it was made");
  }

  /** Stores the change and what deltas are pending, in one transaction, then tells the events. */
  commit(change: Change): number {
    const found = this.#found;
    if (!found) throw new Error("commit on a session that was never created");
    const commit = this.#prepare(found.state, change);
    this.#storage.commit(commit);
    // What a summary stands for now needs no memory any more.
    if (commit.state.compaction?.upTo !== found.state.compaction?.upTo)
      this.#transcript = undefined;
    found.state = commit.state;
    this.#accept(commit);
    return commit.last;
  }

  /** Tells a delta at once; it reaches storage with the next commit or checkpoint. */
  delta(event: AgentEvent & { delta: string }): void {
    for (const piece of pieces(event)) this.#delta(piece);
  }

  #delta(event: AgentEvent & { delta: string }): void {
    if (this.#seq >= (this.#found?.state.reservedUntil ?? 0)) this.commit({});
    this.#seq += 1;
    const entry: LogEntry = { seq: this.#seq, timestampMs: Date.now(), event };
    this.#pending.push(entry);
    this.#listener.publishDelta(entry);

    this.#pendingChars += event.delta.length;
    if (this.#pendingChars > CHECKPOINT_CHARS) this.commit({});
    else this.#checkpoint ??= setTimeout(() => this.commit({}), CHECKPOINT_MS);
  }

  /** Events after `seq`, oldest first: from storage, then those still in memory. */
  *eventsAfter(seq: number): Generator<LogEntry> {
    if (!this.#found || seq >= this.#seq) return;
    yield* this.#storage.eventsAfter(seq);
    for (const entry of this.#pending) if (entry.seq > seq) yield entry;
  }

  /** The transcript, but for what a summary stands for: kept in memory from one turn to the next. */
  transcript(): readonly StoredMessage[] {
    const { upTo = 0 } = this.#found?.state.compaction ?? {};
    this.#transcript ??= [...this.#storage.messagesFrom(upTo)];
    return this.#transcript;
  }

  messagesFrom(offset: number): Generator<StoredMessage> {
    return this.#storage.messagesFrom(offset);
  }

  /** The result of a call that its event could only show the beginning of, until the transcript has it. */
  keptResult(callId: string): ContentBlock[] | undefined {
    return this.#storage.keptResults.find(callId);
  }

  /** What the state was right after the event at `seq`, as far as it was stored. */
  stateAt(seq: number): SessionState | undefined {
    return this.#storage.stateAt(seq);
  }

  #prepare(state: SessionState, { events = [], messages = [], ...change }: Change): Commit {
    const timestampMs = Date.now();
    const fresh = events.map((event, index) => ({
      seq: this.#seq + 1 + index,
      timestampMs,
      event: excerpt(event),
    }));
    const entries = [...this.#pending, ...fresh];
    // A row without new events takes a number all the same: it is what makes its key unique.
    const last = this.#seq + Math.max(fresh.length, 1);
    const place = { first: this.#seq + 1, last };
    // A patch may take optional members away, which the spread's type does not show.
    const next = { ...state, ...change.state?.(place) } as SessionState;
    next.messageCount += messages.length;
    next.reservedUntil = next.run ? last + SEQ_BLOCK : last;
    const also = () => {
      for (const event of events) this.#storage.keptResults.keep(event);
      for (const message of messages) this.#storage.keptResults.release(message);
      change.also?.(place);
    };
    return { entries, first: entries[0]?.seq ?? last, last, state: next, messages, also };
  }

  /** Memory follows storage, never the other way round: a failed commit must leave no trace here. */
  #accept({ entries, last, messages, state }: Commit): void {
    const { upTo = 0 } = state.compaction ?? {};
    // A rewind leaves fewer messages than there were.
    this.#transcript?.splice(state.messageCount - messages.length - upTo, Infinity, ...messages);
    const told = this.#pending.length;
    clearTimeout(this.#checkpoint);
    this.#checkpoint = undefined;
    this.#pending = [];
    this.#pendingChars = 0;
    this.#seq = last;
    for (const entry of entries.slice(told)) this.#listener.publish(entry);
    this.#listener.flush();
  }
}
