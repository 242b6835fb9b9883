import { AppError } from "../../../sdk/contract/index.ts";
import type { SessionAddress } from "../../session-address.ts";
import { type Observer, Watcher } from "../watcher.ts";
import type { Outlet } from "./outlet.ts";

/** Why a stream ended, in the contract's words (3.6). */
export interface StreamEnd {
  outcome: "remote_end" | "explicit_close" | "terminal_error";
  error?: { code: string; message: string; cursor: number };
}

/** Where a stream's events go: one line of JSON each, never parsed here. */
export interface StreamSink {
  event(line: string): void;
  end(end: StreamEnd): void;
}

/** Follows one session for a client of `/rpc`: the backlog at the client's pace, then what is live. */
export class RpcStream implements Observer {
  readonly session: SessionAddress;
  readonly #watcher: Watcher;
  readonly #outlet: Outlet;
  readonly #sink: StreamSink;
  #isOver = false;
  #lastLine: string | undefined;

  constructor(session: SessionAddress, outlet: Outlet, sink: StreamSink) {
    this.session = session;
    this.#watcher = new Watcher(session, "json", this);
    this.#outlet = outlet;
    this.#sink = sink;
  }

  /** The last event that was sent, which may stand in the middle of a frame. Parses: for the end only. */
  get cursor(): number {
    const sent: { seq?: number } = this.#lastLine ? JSON.parse(this.#lastLine) : {};
    return sent.seq ?? this.#watcher.cursor ?? 0;
  }

  /** Attaches, then returns; events follow. @throws {AppError} unknown session, cursor too high */
  async open(after: number | undefined): Promise<void> {
    await this.#watcher.open(after);
    void this.#readBacklog();
  }

  close(end: StreamEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#watcher.close();
    this.#sink.end(end);
  }

  events(text: string): void {
    for (let start = 0; start < text.length && !this.#isOver;) {
      const end = text.indexOf("\n", start);
      this.#lastLine = text.slice(start, end);
      this.#sink.event(this.#lastLine);
      start = end + 1;
    }
  }

  ended(): void {
    this.close({ outcome: "remote_end" });
  }

  lost(): void {
    const message = "The session could not be reached: open the stream again at the cursor";
    const error = { code: "stream_lost", message, cursor: this.cursor };
    this.close({ outcome: "remote_end", error });
  }

  caughtUp(): void {
    // JSON-RPC has no frame for it: the cursor of `events/latest_cursor` tells the same.
  }

  heartbeat(): void {
    if (this.#watcher.isBehind) void this.#readBacklog();
  }

  async #readBacklog(): Promise<void> {
    try {
      while (this.#watcher.isBehind && !this.#isOver) {
        await this.#outlet.room();
        await this.#watcher.pull();
      }
    } catch (cause) {
      console.error("a session's backlog could not be read", cause);
      this.lost();
    }
  }
}

/** The end of a stream whose client does not read. */
export function overflow(cursor: number): StreamEnd {
  const message = "The client reads too slowly: open the stream again at the cursor";
  return { outcome: "terminal_error", error: { code: "stream_queue_overflow", message, cursor } };
}

/** A cursor as a client sends it. @throws {AppError} `INVALID_PARAMS` */
export function cursorParam(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new AppError("INVALID_PARAMS", "Invalid params: after: expected the seq of an event");
}
