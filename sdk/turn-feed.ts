import { Backlog, type Ending } from "./backlog.ts";
import { connectionClosed, isConnectionClosed, MeerkatError } from "./errors.ts";
import { endsRun, type Entry } from "./events.ts";
import { followSession } from "./follow.ts";
import { isRecord } from "./json.ts";
import type { Link } from "./link.ts";
import { type RunningTurn, runningTurn, type TurnEvents } from "./turn-router.ts";

/** A call that runs a turn. */
export interface TurnCall {
  method: "session/create" | "turn/start";
  /** With an `idempotency_key`, so that it can be sent again without a second turn. */
  params: Record<string, unknown>;
  /** A place in the session's log before the turn; 0 if none is known. */
  after: number;
  signal: AbortSignal | undefined;
  interruptOnAbort: boolean;
}

type Answer = Ending<Record<string, unknown>>;

/**
 * The events of one turn, each once and in order, then its result, whatever happens to connections.
 * While nothing is lost they come with the call itself; the rest comes from the session's log.
 */
export class TurnFeed {
  readonly #link: Link;
  readonly #call: TurnCall;
  readonly #leaving = new AbortController();
  readonly #signal: AbortSignal;
  readonly #named = Promise.withResolvers<string>();
  #sessionId: string | undefined;
  #runId: string | undefined;
  /** The last event told. */
  #seq: number;
  /** A place before the turn's end, from where the deployment finds its result. */
  #start = 0;
  #isBegun = false;
  #isOver = false;
  #answer: Answer | undefined;

  constructor(link: Link, call: TurnCall) {
    const { signal, params, after } = call;
    this.#link = link;
    this.#call = call;
    this.#seq = after;
    this.#sessionId = runningTurn(call.method, params)?.sessionId;
    this.#signal = AbortSignal.any([this.#leaving.signal, ...(signal ? [signal] : [])]);
  }

  get sessionId(): string | undefined {
    return this.#sessionId;
  }

  /** Stops following, and returns what readers are told from now on; the turn goes on. */
  leave(): MeerkatError {
    const error = new MeerkatError("STREAM_NOT_CONSUMED", "The stream was left before its end");
    this.#leaving.abort(error);
    return error;
  }

  /** @throws {MeerkatError} the failure of the turn, after its last event. */
  async *entries(): AsyncGenerator<Entry, Record<string, unknown>> {
    const { signal, interruptOnAbort } = this.#call;
    const interrupt = (): void => void this.#interrupt().catch(() => undefined);
    if (interruptOnAbort) signal?.addEventListener("abort", interrupt);
    try {
      if (!(yield* this.#live())) yield* this.#rest();
      return await this.#outcome();
    } finally {
      signal?.removeEventListener("abort", interrupt);
    }
  }

  /** As the connection that carries the call tells it; false when the rest is left to the log. */
  async *#live(): AsyncGenerator<Entry, boolean> {
    const retry = this.#link.retry();
    for (let isRepeated = false; ; isRepeated = true) {
      const events: TurnEvents = new Backlog();
      try {
        await this.#send(events);
        return yield* this.#told(events, isRepeated);
      } catch (error) {
        await retry.after(error, this.#signal);
        if (this.#isBegun) return false;
      } finally {
        events.end({ kind: "behind" });
      }
    }
  }

  async #send(events: TurnEvents): Promise<void> {
    const { method, params, signal } = this.#call;
    const connection = await this.#link.connectionForTurn(this.#signal);
    const named = (sessionId: string): void => {
      this.#sessionId = sessionId;
      this.#named.resolve(sessionId);
    };
    const { sessionId } = runningTurn(method, params) ?? {};
    const turn: RunningTurn = { sessionId, events, named };
    connection.request(method, params, { signal, turn }).then(
      (result) => events.end({ kind: "done", result: isRecord(result) ? result : {} }),
      (error: unknown) => events.end({ kind: "failed", error }),
    );
  }

  async *#told(events: TurnEvents, isRepeated: boolean): AsyncGenerator<Entry, boolean> {
    let arrival = await events.next(this.#signal);
    for (; arrival.kind === "item"; arrival = await events.next(this.#signal)) {
      // A repeated call that joins its own turn may have missed the beginning.
      const isLate = isRepeated && !this.#isBegun && arrival.item.type !== "run_started";
      if (isLate && this.#isCreate) return false;
      if (!isLate && this.#accept(arrival.item)) yield arrival.item;
    }
    if (arrival.kind === "behind") return false;
    if (arrival.kind === "failed" && isConnectionClosed(arrival.error)) throw arrival.error;
    this.#answer = arrival;
    return this.#isOver || !this.#isInLog(arrival);
  }

  /** From the session's log, after the last event told. */
  async *#rest(): AsyncGenerator<Entry, void> {
    if (this.#isOver) return;
    const followed = { sessionId: String(this.#sessionId), after: this.#seq };
    for await (const entry of followSession(this.#link, followed, this.#signal)) {
      const isOwn = this.#isBegun || this.#begins(entry);
      if (isOwn && this.#accept(entry)) yield entry;
      if (this.#isOver) return;
    }
    throw connectionClosed("The session's log ended before the turn did");
  }

  async #outcome(): Promise<Record<string, unknown>> {
    if (this.#answer?.kind === "failed") throw this.#answer.error;
    if (this.#answer?.kind === "done") return this.#answer.result;
    const run = { session_id: this.#sessionId, run_id: this.#runId };
    const params = { ...run, after: this.#start };
    return this.#link.call("turn/result", params, this.#signal);
  }

  get #isCreate(): boolean {
    return this.#call.method === "session/create";
  }

  #begins({ type, runId }: Entry): boolean {
    return type === "run_started" && (this.#runId === undefined || this.#runId === runId);
  }

  #accept(entry: Entry): boolean {
    if (entry.seq <= this.#seq) return false;
    if (!this.#isBegun) this.#start = entry.seq - 1;
    this.#seq = entry.seq;
    this.#isBegun = true;
    this.#isOver = endsRun(entry);
    this.#runId ??= entry.runId;
    return true;
  }

  /** Whether the log tells what an answer came without: the deployment answers even if it could not. */
  #isInLog(answer: Answer): boolean {
    const error = answer.kind === "failed" ? answer.error : undefined;
    const refusal = error instanceof MeerkatError ? error.details : undefined;
    const facts = answer.kind === "done" ? answer.result : refusal;
    if (!isRecord(facts) || this.#isBegun) return this.#isBegun;
    if (typeof facts.session_id !== "string") return false;
    this.#sessionId = facts.session_id;
    // A refusal may name the run that was in the way.
    if (answer.kind === "failed") return this.#isCreate;
    if (typeof facts.run_id === "string") this.#runId = facts.run_id;
    return this.#runId !== undefined;
  }

  /** Not before the turn has begun: what runs until then is somebody else's. */
  async #interrupt(): Promise<void> {
    const session_id = await this.#named.promise;
    await this.#link.call("turn/interrupt", { session_id });
  }
}
