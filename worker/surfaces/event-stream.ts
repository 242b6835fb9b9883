import type { SessionAddress } from "../session-address.ts";
import { type Observer, Watcher } from "./watcher.ts";

const BUFFER_BYTES = 1024 * 1024;
const DRAIN_MS = 30_000;
// One stream is one invocation to the platform, with a limit on its CPU time: it ends on purpose
// before, and the client goes on at its cursor.
const MAX_FRAMES = 200_000;
const MAX_AGE_MS = 30 * 60_000;

const encoder = new TextEncoder();

/**
 * A session's events as server-sent events, held by the Worker. A client that reads too slowly is
 * ended with `stream_queue_overflow` and its cursor; it can come back and has lost nothing.
 */
export class EventStream implements Observer {
  readonly #watcher: Watcher;
  readonly #stands: () => Promise<boolean>;
  readonly #startedAt = Date.now();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #frames = 0;
  /** The largest chunk since the queue was last empty. */
  #largest = 0;
  #drain: ReturnType<typeof setTimeout> | undefined;

  /** `stands` says from time to time whether the client may go on reading. */
  constructor(session: SessionAddress, stands: () => Promise<boolean>) {
    this.#stands = stands;
    this.#watcher = new Watcher(session, "sse", this);
  }

  /** Attaches before it answers, so that a failure is an HTTP error. @throws {AppError} */
  async open(sessionId: string, after: number | undefined): Promise<ReadableStream<Uint8Array>> {
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: () => this.#close(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: BUFFER_BYTES }),
    );
    const messageCount = await this.#watcher.open(after);
    // The object's first frame arrives in a later task, so this one is always the first.
    this.#send(frame("session_loaded", { session_id: sessionId, message_count: messageCount }));
    return body;
  }

  events(text: string, _cursor: number, isLive: boolean): void {
    this.#send(text, isLive);
    this.#frames += 1;
    if (this.#frames >= MAX_FRAMES) this.#end({ outcome: "remote_end" });
  }

  caughtUp(): void {
    this.#send(": caught_up\n\n");
  }

  ended(): void {
    this.#send(frame("done", {}));
    this.#finish();
  }

  lost(): void {
    this.#end({ outcome: "remote_end" });
  }

  heartbeat(): void {
    this.#send(": keep-alive\n\n");
    if (Date.now() - this.#startedAt > MAX_AGE_MS) this.#end({ outcome: "remote_end" });
    else void this.#endUnlessAllowed();
  }

  async #endUnlessAllowed(): Promise<void> {
    // What cannot be looked up now is looked up at the next heartbeat.
    if (await this.#stands().catch(() => true)) return;
    const message = "The access that the stream was opened with has ended";
    this.#end({ outcome: "terminal_error", error: { code: "UNAUTHORIZED", message } });
  }

  #send(text: string, isLive = false): void {
    const controller = this.#controller;
    if (!controller || this.#drain) return;
    const chunk = encoder.encode(text);
    if (controller.desiredSize === BUFFER_BYTES) this.#largest = 0;
    this.#largest = Math.max(this.#largest, chunk.byteLength);
    controller.enqueue(chunk);
    // One event may be larger than the buffer: it alone is no sign of a slow reader.
    const isFull = (controller.desiredSize ?? 0) + this.#largest < 0;
    if (!isLive || !isFull) return;
    const message = "The client reads too slowly: reconnect at the cursor";
    this.#end({ outcome: "terminal_error", error: { code: "stream_queue_overflow", message } });
  }

  async #pull(): Promise<void> {
    // While ending, an empty queue means that the client has read everything, the marker included.
    const room = this.#controller?.desiredSize ?? 0;
    if (this.#drain && room === BUFFER_BYTES) this.#finish();
    // The backlog never fills the buffer: what is live by then must find room in it.
    else if (room > BUFFER_BYTES / 2) await this.#watcher.pull();
  }

  /** Ends in-band, with a cursor. The queue stays readable for a while: closing now would drop nothing, but an error would. */
  #end(end: { outcome: string; error?: { code: string; message: string } }): void {
    if (!this.#controller || this.#drain) return;
    const cursor = this.#watcher.cursor ?? 0;
    this.#watcher.close();
    this.#controller.enqueue(encoder.encode(frame("stream_end", { ...end, cursor })));
    const controller = this.#controller;
    this.#drain = setTimeout(() => {
      this.#close();
      controller.error(new Error("the client stopped reading"));
    }, DRAIN_MS);
  }

  #finish(): void {
    const controller = this.#controller;
    this.#close();
    controller?.close();
  }

  /** The client left, or everything is told. Harmless when called twice. */
  #close(): void {
    clearTimeout(this.#drain);
    this.#controller = undefined;
    this.#watcher.close();
  }
}

function frame(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
