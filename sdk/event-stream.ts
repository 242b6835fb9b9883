import { MeerkatError } from "./errors.ts";
import { type AgentEvent, type Entry, toEvent } from "./events.ts";
import { readRunResult, type RunResult } from "./results.ts";
import type { TurnFeed } from "./turn-feed.ts";

/**
 * One turn as it happens: iterate over it for its events, then read `result`. It survives lost
 * connections without a gap or a repetition. Leaving the loop early stops the stream, not the turn.
 */
export class EventStream implements AsyncIterable<AgentEvent>, AsyncDisposable {
  readonly #feed: TurnFeed;
  readonly #entries: AsyncGenerator<Entry, Record<string, unknown>>;
  readonly #finished: (result: RunResult, cursor: number) => void;
  /** Taken at once, so that the turn starts before anybody iterates. */
  #ahead: Promise<IteratorResult<Entry, Record<string, unknown>>> | undefined;
  #outcome: { result: RunResult } | { error: unknown } | undefined;
  #cursor = 0;

  /** Made by `createSessionStreaming` and `Session.stream`. */
  constructor(
    feed: TurnFeed,
    finished: (result: RunResult, cursor: number) => void = () => undefined,
  ) {
    this.#feed = feed;
    this.#finished = finished;
    this.#entries = feed.entries();
    this.#ahead = this.#entries.next();
    // Its failure is told to whoever iterates.
    this.#ahead.catch(() => undefined);
  }

  /** The session's id; for a session that is being created, known from the first event on. */
  get sessionId(): string | undefined {
    return this.#feed.sessionId;
  }

  /** The `seq` of the last event read: where `subscribeSessionEvents` can continue. */
  get cursor(): number {
    return this.#cursor;
  }

  /** @throws {MeerkatError} `STREAM_NOT_CONSUMED` before the end, and the turn's failure if it failed. */
  get result(): RunResult {
    if (!this.#outcome) {
      throw new MeerkatError("STREAM_NOT_CONSUMED", "Read the stream to its end first");
    }
    if ("error" in this.#outcome) throw this.#outcome.error;
    return this.#outcome.result;
  }

  /** The turn's events. @throws {MeerkatError} the turn's failure, after its last event. */
  async *[Symbol.asyncIterator](): AsyncGenerator<AgentEvent, void> {
    for await (const entry of this.#remaining()) yield toEvent(entry);
  }

  /** Reads to the end. @throws {MeerkatError} the turn's failure. */
  async collect(): Promise<RunResult> {
    const entries = this.#remaining();
    while (!(await entries.next()).done);
    return this.result;
  }

  /** Like `collect`, with the text of all steps; text that a restarted step took back is left out. */
  async collectText(): Promise<[text: string, result: RunResult]> {
    let pieces: { seq: number; text: string }[] = [];
    for await (const entry of this.#remaining()) {
      const event = toEvent(entry);
      if (event.type === "text_delta") pieces.push({ seq: entry.seq, text: event.delta });
      if (event.type === "step_restarted") {
        pieces = pieces.filter(({ seq }) => seq < event.voidedFromSeq);
      }
    }
    return [pieces.map(({ text }) => text).join(""), this.result];
  }

  /** Stops following; the turn goes on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#outcome ??= { error: this.#feed.leave() };
    // A generator that waits at a `yield` hears no signal.
    await this.#entries.return({}).catch(() => undefined);
  }

  async *#remaining(): AsyncGenerator<Entry, void> {
    try {
      for (;;) {
        const entry = await this.#next();
        if (!entry) return;
        yield entry;
      }
    } finally {
      if (!this.#outcome) await this[Symbol.asyncDispose]();
    }
  }

  async #next(): Promise<Entry | undefined> {
    if (this.#outcome) {
      if ("error" in this.#outcome) throw this.#outcome.error;
      return undefined;
    }
    const ahead = this.#ahead ?? this.#entries.next();
    this.#ahead = undefined;
    try {
      const { done, value } = await ahead;
      if (!done) {
        this.#cursor = value.seq;
        return value;
      }
      this.#outcome = { result: readRunResult(value) };
      this.#finished(this.#outcome.result, this.#cursor);
    } catch (error) {
      this.#outcome ??= { error };
      throw "error" in this.#outcome ? this.#outcome.error : error;
    }
    return undefined;
  }
}
