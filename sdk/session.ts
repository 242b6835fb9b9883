import { camel } from "./casing.ts";
import { MeerkatError } from "./errors.ts";
import { EventStream } from "./event-stream.ts";
import type { Link } from "./link.ts";
import type { RewindResult, RunResult, SessionHistory } from "./results.ts";
import { EventSubscription, type SubscribeOptions } from "./subscription.ts";
import { type ForkOptions, forkSession, type RewindOptions, rewindSession } from "./transcript.ts";
import { TurnFeed } from "./turn-feed.ts";
import { type Prompt, runTurn, turnCall, type TurnOptions } from "./turn-options.ts";

/** Which page of a transcript is wanted. */
export interface HistoryOptions {
  /** Messages to skip, from the oldest. */
  offset?: number | undefined;
  limit?: number | undefined;
  /** The `seq` of a rewind: what it took away is read, instead of the transcript. */
  rewindSeq?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** One conversation: run turns, watch, interrupt, read and archive it. */
export class Session {
  readonly #link: Link;
  readonly #id: string;
  readonly #ref: string | undefined;
  #lastResult: RunResult | undefined;
  /** The end of the last streamed turn: a place in the log before the next one. */
  #cursor = 0;

  /** Made by the client's `createSession` and `session`. */
  constructor(
    link: Link,
    id: string,
    known: { ref?: string | undefined; result?: RunResult } = {},
  ) {
    this.#link = link;
    this.#id = id;
    this.#ref = known.ref;
    this.#lastResult = known.result;
  }

  get id(): string {
    return this.#id;
  }

  /** `<realm_id>:<session_id>`, once the deployment has told it. */
  get ref(): string | undefined {
    return this.#lastResult?.sessionRef ?? this.#ref;
  }

  /** What the last turn of this handle came to. @throws {MeerkatError} `INVALID_STATE` before the first. */
  get lastResult(): RunResult {
    if (this.#lastResult) return this.#lastResult;
    throw new MeerkatError("INVALID_STATE", "This handle has run no turn yet");
  }

  /** The last turn's answer. */
  get text(): string {
    return this.lastResult.text;
  }

  /** Tokens, cumulative over the session. */
  get usage(): RunResult["usage"] {
    return this.lastResult.usage;
  }

  /** Model calls of the last turn. */
  get turns(): number {
    return this.lastResult.turns;
  }

  /** Tool calls of the last turn. */
  get toolCalls(): number {
    return this.lastResult.toolCalls;
  }

  get structuredOutput(): unknown {
    return this.lastResult.structuredOutput;
  }

  /**
   * Runs the next turn and waits for its end.
   * @throws {MeerkatError} such as `SESSION_BUSY`, `SESSION_NOT_FOUND` or `PROVIDER_ERROR`.
   */
  async turn(prompt: Prompt, options: TurnOptions = {}): Promise<RunResult> {
    this.#lastResult = await runTurn(this.#link, this.#call(prompt, options));
    return this.#lastResult;
  }

  /** Starts the next turn at once and returns its events; failures are thrown to who reads them. */
  stream(prompt: Prompt, options: TurnOptions = {}): EventStream {
    const feed = new TurnFeed(this.#link, this.#call(prompt, options));
    return new EventStream(feed, (result, cursor) => {
      this.#lastResult = result;
      this.#cursor = cursor;
    });
  }

  /** Cancels the running turn; does nothing when none runs. @throws {MeerkatError} `SESSION_NOT_FOUND`. */
  async interrupt(): Promise<void> {
    await this.#link.call("turn/interrupt", { session_id: this.#id });
  }

  /** Ends the session for good; its history stays readable. @throws {MeerkatError} `SESSION_NOT_FOUND`. */
  async archive(): Promise<void> {
    await this.#link.call("session/archive", { session_id: this.#id });
  }

  /** A page of the committed transcript, oldest message first. @throws {MeerkatError} `SESSION_NOT_FOUND`. */
  history(options: HistoryOptions = {}): Promise<SessionHistory> {
    return readSessionHistory(this.#link, this.#id, options);
  }

  /**
   * Makes a new session that begins with this one's messages; this one is not changed.
   * @throws {MeerkatError} `INVALID_PARAMS` between calls of tools and their results: `details.allowed` says where.
   */
  async fork(options: ForkOptions = {}): Promise<Session> {
    const { id, ref } = await forkSession(this.#link, this.#id, options);
    return new Session(this.#link, id, { ref });
  }

  /** Undoes the newest turns. @throws {MeerkatError} `SESSION_BUSY`, `INVALID_PARAMS` for more than there are. */
  rewind(options: RewindOptions = {}): Promise<RewindResult> {
    return rewindSession(this.#link, this.#id, options);
  }

  /** Follows the session, whoever starts its turns. @throws {MeerkatError} see `EventSubscription.open`. */
  subscribeEvents(options: SubscribeOptions = {}): Promise<EventSubscription> {
    return EventSubscription.open(this.#link, this.#id, options);
  }

  #call(prompt: Prompt, options: TurnOptions) {
    return turnCall("turn/start", { session_id: this.#id, prompt }, options, this.#cursor);
  }
}

/** A session whose first turn is still to be started, so that it can be watched from the beginning. */
export class DeferredSession {
  readonly #session: Session;

  /** Made by the client's `createDeferredSession`. */
  constructor(session: Session) {
    this.#session = session;
  }

  get id(): string {
    return this.#session.id;
  }

  /** `<realm_id>:<session_id>`. */
  get ref(): string | undefined {
    return this.#session.ref;
  }

  /** Runs the first turn, which may still change what the session was created with. @throws see `Session.turn`. */
  startTurn(prompt: Prompt, options: TurnOptions = {}): Promise<RunResult> {
    return this.#session.turn(prompt, options);
  }

  /** See `Session.interrupt`. */
  interrupt(): Promise<void> {
    return this.#session.interrupt();
  }

  /** See `Session.archive`. */
  archive(): Promise<void> {
    return this.#session.archive();
  }

  /** See `Session.history`. */
  history(options: HistoryOptions = {}): Promise<SessionHistory> {
    return this.#session.history(options);
  }

  /** See `Session.subscribeEvents`. */
  subscribeEvents(options: SubscribeOptions = {}): Promise<EventSubscription> {
    return this.#session.subscribeEvents(options);
  }
}

/** Reads a page of a session's committed transcript, oldest message first. */
export async function readSessionHistory(
  link: Link,
  sessionId: string,
  { offset = 0, limit, rewindSeq, signal }: HistoryOptions,
): Promise<SessionHistory> {
  const params = {
    session_id: sessionId,
    offset,
    ...(limit === undefined ? {} : { limit }),
    ...(rewindSeq === undefined ? {} : { rewind_seq: rewindSeq }),
  };
  const page = await link.call("session/history", params, signal);
  // The operation's output in the contract, which the deployment's tests hold it to.
  return camel(page) as SessionHistory;
}
