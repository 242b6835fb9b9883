import { Backlog, type Ending } from "./backlog.ts";
import { connectionClosed, errorFromWire } from "./errors.ts";
import type { Entry } from "./events.ts";
import { isRecord } from "./json.ts";

/** How a followed stream ended for good (contract 3.6). */
export interface StreamOutcome {
  outcome: "remote_end" | "explicit_close" | "terminal_error";
  error?: { code: string; message: string };
}

/** What a stream brought and was not read yet. */
export type StreamEvents = Backlog<Entry, StreamOutcome>;

/** Tells which open stream a `session/stream_event` belongs to. */
export class StreamRouter {
  readonly #streams = new Map<string, StreamEvents>();
  /** Streams whose events came before the answer that names them. */
  readonly #early = new Map<string, StreamEvents>();
  #opening = 0;
  readonly #drop: (streamId: string) => void;

  /** `drop` tells the deployment to send no more of a stream. */
  constructor(drop: (streamId: string) => void) {
    this.#drop = drop;
  }

  get isEmpty(): boolean {
    return this.#streams.size === 0;
  }

  /** To be called before a stream is asked for; what comes early is kept from then on. */
  expect(): void {
    this.#opening += 1;
  }

  /** To be called with the answer, or without an id when there is none. */
  opened(streamId?: string): StreamEvents {
    const events = (streamId && this.#early.get(streamId)) || new Backlog<Entry, StreamOutcome>();
    if (streamId) this.#streams.set(streamId, events);
    this.#opening -= 1;
    if (this.#opening === 0) this.#early.clear();
    else if (streamId) this.#early.delete(streamId);
    return events;
  }

  /** To be called when nobody reads the stream any more. */
  close(streamId: string): void {
    if (this.#streams.delete(streamId)) this.#drop(streamId);
  }

  event(streamId: string, entry: Entry, size: number): void {
    const events = this.#eventsOf(streamId);
    events?.push(entry, size);
    if (events?.isEnded) this.close(streamId);
  }

  end(streamId: string, params: Record<string, unknown>): void {
    this.#eventsOf(streamId)?.end(ending(params));
    this.#streams.delete(streamId);
  }

  /** Ends every stream with the failure of the connection. */
  fail(error: unknown): void {
    for (const events of this.#streams.values()) events.end({ kind: "failed", error });
    this.#streams.clear();
  }

  #eventsOf(streamId: string): StreamEvents | undefined {
    const events = this.#streams.get(streamId) ?? this.#early.get(streamId);
    if (events || this.#opening === 0) return events;
    const early: StreamEvents = new Backlog();
    this.#early.set(streamId, early);
    return early;
  }
}

/** An end that names a cursor, or a reader cut for being slow, is no end: the rest is asked for again. */
function ending(params: Record<string, unknown>): Ending<StreamOutcome> {
  const error = isRecord(params.error) ? params.error : {};
  const cursor = error.cursor ?? params.cursor;
  const { outcome } = params;
  if (outcome === "explicit_close") return { kind: "done", result: { outcome } };
  if (error.code === "stream_queue_overflow" || typeof cursor === "number") {
    return { kind: "failed", error: connectionClosed("The deployment asked to reconnect") };
  }
  if (outcome === "remote_end") return { kind: "done", result: { outcome } };
  return { kind: "failed", error: errorFromWire({ ...error, data: error }) };
}
