import { invalidResponse, MeerkatError } from "./errors.ts";
import { type AgentEventEnvelope, type Entry, toEnvelope } from "./events.ts";
import { followSession } from "./follow.ts";
import type { Link } from "./link.ts";
import type { StreamOutcome } from "./stream-router.ts";

/** Where and how long to follow a session. */
export interface SubscribeOptions {
  /** A cursor: the `seq` after which events are wanted, 0 for all. Left out: from now on. */
  after?: number | undefined;
  /** Closes the subscription; turns go on. */
  signal?: AbortSignal | undefined;
}

/**
 * A session's events, whoever starts its turns: iterate over it. It survives lost connections
 * without a gap or a repetition, and waits for a slow reader. Leaving the loop closes it.
 */
export class EventSubscription implements AsyncIterable<AgentEventEnvelope>, AsyncDisposable {
  readonly #closing = new AbortController();
  readonly #ready = Promise.withResolvers<void>();
  readonly #entries: AsyncGenerator<Entry, StreamOutcome>;
  #ahead: Promise<IteratorResult<Entry, StreamOutcome>> | undefined;
  #id = "";
  #cursor: number;
  #outcome: StreamOutcome | undefined;

  private constructor(link: Link, sessionId: string, after: number) {
    const opened = (id: string): void => {
      this.#id = id;
      this.#ready.resolve();
    };
    this.#cursor = after;
    this.#entries = followSession(link, { sessionId, after, opened }, this.#closing.signal);
    this.#ahead = this.#entries.next();
    this.#ahead.catch(this.#ready.reject);
  }

  /**
   * Opens a subscription; made by `subscribeSessionEvents`.
   * @throws {MeerkatError} `SESSION_NOT_FOUND`, or `INVALID_PARAMS` for a cursor above the newest event.
   */
  static async open(
    link: Link,
    sessionId: string,
    { after, signal }: SubscribeOptions,
  ): Promise<EventSubscription> {
    signal?.throwIfAborted();
    const newest = async (): Promise<number> => {
      const { last_seq } = await link.call("session/read", { session_id: sessionId }, signal);
      return Number(last_seq);
    };
    const subscription = new EventSubscription(link, sessionId, after ?? (await newest()));
    const close = (): void => void subscription.close();
    signal?.addEventListener("abort", close, { signal: subscription.#closing.signal });
    await subscription.#ready.promise;
    return subscription;
  }

  /** The deployment's name for the stream; another one after a reconnect. */
  get id(): string {
    return this.#id;
  }

  get isClosed(): boolean {
    return this.#outcome !== undefined;
  }

  /** How it ended; `undefined` while it goes on. */
  get terminalOutcome(): StreamOutcome | undefined {
    return this.#outcome;
  }

  /** The `seq` of the last event read: where another subscription can continue. */
  get cursor(): number {
    return this.#cursor;
  }

  /** The events. @throws {MeerkatError} when the session cannot be followed any more. */
  async *[Symbol.asyncIterator](): AsyncGenerator<AgentEventEnvelope, void> {
    try {
      for (;;) {
        const entry = await this.#next();
        if (!entry) return;
        yield toEnvelope(entry);
      }
    } finally {
      await this.close();
    }
  }

  /** Ends the subscription and its loop; the session is not touched. */
  async close(): Promise<void> {
    this.#outcome ??= { outcome: "explicit_close" };
    this.#closing.abort();
    // A generator that waits at a `yield` hears no signal.
    await this.#entries.return(this.#outcome).catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #next(): Promise<Entry | undefined> {
    const ahead = this.#ahead ?? this.#entries.next();
    this.#ahead = undefined;
    try {
      const { done, value } = await ahead;
      if (this.#outcome) return undefined;
      if (done) {
        this.#outcome = value;
        return undefined;
      }
      this.#cursor = value.seq;
      return value;
    } catch (error) {
      this.#outcome ??= outcomeOf(error);
      if (this.#outcome.outcome === "explicit_close") return undefined;
      throw error;
    }
  }
}

function outcomeOf(error: unknown): StreamOutcome {
  const { code, message } = error instanceof MeerkatError ? error : invalidResponse(String(error));
  if (code === "CLIENT_CLOSED") return { outcome: "explicit_close" };
  return { outcome: "terminal_error", error: { code, message } };
}
