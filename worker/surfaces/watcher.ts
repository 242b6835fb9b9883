import { AppError, toAppError } from "../../sdk/contract/index.ts";
import { startIn } from "../event-view.ts";
import { isRestart } from "../run-result.ts";
import type { SessionAddress } from "../session-address.ts";

const HEARTBEAT_MS = 15_000;
const TRIES = 5;
const FIRST_PAUSE_MS = 100;

/** Who is told what the watched session does. Texts are complete events, ready to be forwarded. */
export interface Observer {
  /** Events up to `cursor`; live ones come at the session's pace, others only when they are pulled. */
  events(text: string, cursor: number, isLive: boolean): void;
  /** All that was stored has been told; what follows is live. */
  caughtUp(): void;
  /** The session is archived: nothing will ever follow. */
  ended(): void;
  /** The session could not be reached any more; a client may come back at its cursor. */
  lost(): void;
  heartbeat(): void;
}

/**
 * Follows one session's object over a hibernatable socket, from a cursor on, across restarts of the
 * object. Pages are read only when asked for, so a slow client's backlog stays where it is stored.
 */
export class Watcher {
  readonly #session: SessionAddress;
  readonly #format: "sse" | "json";
  readonly #observer: Observer;
  #cursor: number | undefined;
  #socket: WebSocket | undefined;
  #isBehind = false;
  #firstPage: { text: string; cursor: number; more: boolean } | undefined;
  #isClosed = false;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #unansweredPings = 0;

  constructor(session: SessionAddress, format: "sse" | "json", observer: Observer) {
    this.#session = session;
    this.#format = format;
    this.#observer = observer;
  }

  /** Whether there is a backlog that `pull` has to read. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** The last event that was told. */
  get cursor(): number | undefined {
    return this.#cursor;
  }

  /**
   * Attaches at a cursor; without one at the start of the running turn, or at the newest event.
   * @returns how many messages the transcript holds. @throws {AppError} unknown session, cursor too high
   */
  async open(after: number | undefined): Promise<number> {
    this.#cursor = startIn(this.#session.view, after);
    const response = await this.#attach();
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS);
    return Number(response.headers.get("x-message-count"));
  }

  /** Reads the next page of the backlog, if there is one; attaches after the last. */
  async pull(): Promise<void> {
    if (!this.#isBehind || this.#isClosed) return;
    const { text, cursor, more } = this.#firstPage ?? (await this.#nextPage());
    this.#firstPage = undefined;
    if (this.#isClosed) return;
    if (text !== "") this.#tell(text, cursor, false);
    if (!more) await this.#attach();
  }

  /** Lets go of the session. Harmless when called twice. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#heartbeat);
    this.#socket?.close(1000);
    this.#socket = undefined;
  }

  #nextPage() {
    return this.#session.page(this.#cursor ?? 0, this.#format);
  }

  async #attach(): Promise<Response> {
    const after = this.#cursor === undefined ? "" : `&after=${this.#cursor}`;
    const url = `https://session/?format=${this.#format}${after}`;
    const request = new Request(url, { headers: { upgrade: "websocket" } });
    const response = await this.#session.stub().fetch(request);
    this.#isBehind = response.status === 409;
    const pageCursor = response.headers.get("x-page-cursor");
    if (pageCursor !== null) {
      const text = this.#session.view.shown(await response.text());
      this.#firstPage = { text, cursor: Number(pageCursor), more: true };
    }
    const start = response.headers.get("x-cursor");
    if (start !== null) this.#cursor ??= Number(start);
    if (response.webSocket) this.#listen(response.webSocket);
    else if (!this.#isBehind)
      throw new AppError("SERVICE_UNAVAILABLE", "The session could not be watched");
    return response;
  }

  #listen(socket: WebSocket): void {
    socket.addEventListener("message", ({ data }) => this.#receive(String(data)));
    socket.addEventListener("close", () => void this.#reattach(socket));
    socket.addEventListener("error", () => void this.#reattach(socket));
    socket.accept();
    this.#socket = socket;
    this.#unansweredPings = 0;
    if (this.#isClosed) socket.close(1000);
  }

  #receive(frame: string): void {
    if (this.#isClosed) return;
    if (frame === "pong") this.#unansweredPings = 0;
    else if (frame.startsWith("!")) this.#control(frame);
    else {
      const cut = frame.indexOf("\n");
      this.#tell(this.#session.view.shown(frame.slice(cut + 1)), Number(frame.slice(0, cut)), true);
    }
  }

  #control(frame: string): void {
    if (frame.startsWith('!{"type":"caught_up"')) this.#observer.caughtUp();
    else if (frame === '!{"type":"ended"}') {
      this.close();
      this.#observer.ended();
    }
  }

  #tell(text: string, cursor: number, isLive: boolean): void {
    this.#cursor = cursor;
    this.#observer.events(text, cursor, isLive);
  }

  /** A restarted object is met again at the cursor; the client notices nothing. */
  async #reattach(lost: WebSocket): Promise<void> {
    if (this.#isClosed || this.#socket !== lost) return;
    this.#socket = undefined;
    for (let attempt = 0; attempt < TRIES && !this.#isClosed; attempt += 1) {
      try {
        await this.#attach();
        // What it missed may be more than one page: then the client's own pace reads it.
        if (this.#isBehind) await this.pull();
        return;
      } catch (cause) {
        if (!isRestart(cause) && toAppError(cause).code !== "INTERNAL_ERROR") break;
        await pause(Math.random() * FIRST_PAUSE_MS * 2 ** attempt);
      }
    }
    if (this.#isClosed) return;
    this.close();
    this.#observer.lost();
  }

  #beat(): void {
    this.#observer.heartbeat();
    const socket = this.#socket;
    if (!socket) return;
    this.#unansweredPings += 1;
    if (this.#unansweredPings > 2) {
      void this.#reattach(socket);
      socket.close(1000);
    } else socket.send("ping");
  }
}

function pause(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, ms);
  return promise;
}
