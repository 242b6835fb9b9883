import type { RunListener, WireEvent } from "./run-feed.ts";
import type { ToolCall } from "./tool.ts";

const DELTA_PROGRESS_MS = 1_000;

/**
 * Tells a run to the client that waits for it: every event as a message if it asked for the stream,
 * and progress if it gave a token, which is what keeps its patience (contract 4.3).
 */
export class Notifier implements RunListener {
  readonly #call: Pick<ToolCall, "notify" | "progressToken" | "wantsMessages">;
  readonly #sessionId: string;
  readonly #stream: boolean;
  #progress = 0;
  #toldAt = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(call: ToolCall, sessionId: string, stream: boolean) {
    this.#call = call;
    this.#sessionId = sessionId;
    this.#stream = stream;
  }

  event(event: WireEvent): void {
    if (this.#stream && this.#call.wantsMessages) {
      const data = { source: "meerkat", session_id: this.#sessionId, event };
      this.#send("notifications/message", { level: "info", logger: "meerkat", data });
    }
    // A model speaks faster than anybody wants to hear of progress.
    const isDelta = event.type.endsWith("_delta");
    if (isDelta && Date.now() - this.#toldAt < DELTA_PROGRESS_MS) return;
    this.#advance(event.seq, event.name ? `${event.type}: ${event.name}` : event.type);
  }

  quiet(): void {
    // Progress must rise, and below the next event there is always room.
    this.#advance(this.#progress + 0.001, "still running");
  }

  /** Resolves when all that was told is on its way. */
  async told(): Promise<void> {
    await this.#last;
  }

  #advance(progress: number, message: string): void {
    const { progressToken } = this.#call;
    if (progressToken === undefined || progress <= this.#progress) return;
    this.#progress = progress;
    this.#toldAt = Date.now();
    this.#send("notifications/progress", { progressToken, progress, message });
  }

  #send(method: string, params: Record<string, unknown>): void {
    this.#last = this.#call.notify({ method, params }).catch(() => undefined);
  }
}
