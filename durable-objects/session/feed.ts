import type { LogEntry } from "../../sdk/contract/index.ts";
import { encode, type Format } from "./envelope.ts";
import type { Listener } from "./journal.ts";

// What one object can send without slowing its own turn (design-proof 3).
const FRAMES_PER_SECOND = 8_000;
const LONGEST_WINDOW_MS = 250;
// Tokens that come faster than this share a frame even for one watcher: each frame costs the same.
const SHORTEST_WINDOW_MS = 3;
// From so wide a window on, the runtime needs the pause to pass a frame on before the next.
const MOMENT_MS = 10;
const MOST_LAG = 4;
const formats: readonly Format[] = ["sse", "json"];

/**
 * Those who watch a session right now, each on a hibernatable socket held by a Worker. A frame is
 * the number of its last event, a newline, and the events' text; control frames start with "!".
 */
export class Feed implements Listener {
  readonly #sessionId: () => string;
  readonly #sockets: Record<Format, Set<WebSocket>>;
  readonly #text: Record<Format, string> = { sse: "", json: "" };
  #last = 0;
  #sentAt = 0;
  /** How much longer than planned passing a frame on takes, as late timers tell. */
  #lag = 1;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ctx: DurableObjectState, sessionId: () => string) {
    this.#sessionId = sessionId;
    // Sockets outlive the object's memory; a wake-up finds them again by their tag.
    this.#sockets = {
      sse: new Set(ctx.getWebSockets("sse")),
      json: new Set(ctx.getWebSockets("json")),
    };
    // Watchers' heartbeats are answered by the runtime, without waking the object.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  get watchers(): number {
    return this.#sockets.sse.size + this.#sockets.json.size;
  }

  publish(entry: LogEntry): void {
    this.#last = entry.seq;
    for (const format of formats) {
      if (this.#sockets[format].size > 0) {
        this.#text[format] += encode(this.#sessionId(), entry, format);
      }
    }
  }

  /** Sends at once while few watch; as watchers grow, deltas share a frame (design 5). */
  publishDelta(entry: LogEntry): void {
    if (this.watchers === 0) return;
    this.publish(entry);
    if (this.#timer !== undefined) return;
    const waitMs = this.#sentAt + this.#windowMs - Date.now();
    if (waitMs <= 0) this.flush();
    else this.#pause(waitMs);
  }

  flush(): void {
    this.#sentAt = Date.now();
    for (const format of formats) {
      const text = this.#text[format];
      if (text === "") continue;
      this.#text[format] = "";
      this.#broadcast(format, `${this.#last}\n${text}`);
    }
    // What follows is collected until the runtime has had time to pass all this on.
    if (this.#windowMs > MOMENT_MS) this.#pause(this.#windowMs);
  }

  get #windowMs(): number {
    const windowMs = (this.watchers * this.#lag * 1_000) / FRAMES_PER_SECOND;
    return Math.max(SHORTEST_WINDOW_MS, Math.min(windowMs, LONGEST_WINDOW_MS));
  }

  #pause(ms: number): void {
    const due = Date.now() + ms;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const isLate = Date.now() - due > Math.max(ms / 4, 4);
      this.#lag = isLate ? Math.min(this.#lag * 1.5, MOST_LAG) : Math.max(this.#lag * 0.97, 1);
      if (formats.some((format) => this.#text[format] !== "")) this.flush();
      else if (isLate) this.#pause(ms);
    }, ms);
  }

  /** From now on the socket hears everything. The caller has replayed all that came before. */
  add(socket: WebSocket, format: Format): void {
    this.#sockets[format].add(socket);
  }

  remove(socket: WebSocket): void {
    for (const format of formats) this.#sockets[format].delete(socket);
  }

  /** Tells every watcher that nothing will ever follow, and lets go of them. */
  end(): void {
    this.flush();
    for (const format of formats) {
      this.#broadcast(format, '!{"type":"ended"}');
      for (const socket of this.#sockets[format]) socket.close(1000, "session archived");
      this.#sockets[format].clear();
    }
  }

  #broadcast(format: Format, frame: string): void {
    for (const socket of this.#sockets[format]) {
      try {
        socket.send(frame);
      } catch {
        this.remove(socket);
      }
    }
  }
}
