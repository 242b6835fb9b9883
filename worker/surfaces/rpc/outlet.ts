const ASK_EVERY_BYTES = 128 * 1024;
const MAX_UNANSWERED_BYTES = 1024 * 1024;

/** Closed because the client did not read; it may come back with its cursors. */
export const TOO_SLOW = 4008;

/**
 * The sending side of a client's socket. A WebSocket shows no backpressure, so the client is asked
 * for an answer after every 128 KiB: what it has not answered is what it may not have read (design 5).
 */
export class Outlet {
  readonly #socket: WebSocket;
  readonly #onStall: () => void;
  #sent = 0;
  #sentBytes = 0;
  #answeredBytes = 0;
  #askedBytes = 0;
  #asked = 0;
  /** The largest message since all questions were answered. */
  #largest = 0;
  #isStalled = false;
  readonly #questions = new Map<string, number>();
  #waiting: PromiseWithResolvers<void> | undefined;

  constructor(socket: WebSocket, onStall: () => void) {
    this.#socket = socket;
    this.#onStall = onStall;
  }

  /** How many messages were sent: each costs the invocation CPU time. */
  get sent(): number {
    return this.#sent;
  }

  /** Sends at once; tells `onStall` when the client is too far behind. */
  send(text: string): void {
    try {
      this.#socket.send(text);
    } catch {
      // The close event follows and cleans up.
      return;
    }
    this.#sent += 1;
    // Close enough: a character is one byte in nearly all of what is sent.
    this.#sentBytes += text.length;
    if (this.#sentBytes - this.#askedBytes >= ASK_EVERY_BYTES) this.#ask();
    // One message may be larger than the limit: it alone is no sign of a slow reader.
    this.#largest = Math.max(this.#largest, text.length);
    const unanswered = this.#sentBytes - this.#answeredBytes - this.#largest;
    if (this.#isStalled || unanswered <= MAX_UNANSWERED_BYTES) return;
    // Set first: what is said in parting comes through here too.
    this.#isStalled = true;
    this.#onStall();
  }

  /** Takes the answer to one of the questions; false if it is about something else. */
  answered(id: string | number): boolean {
    const upTo = this.#questions.get(String(id));
    if (upTo === undefined) return false;
    this.#questions.delete(String(id));
    this.#answeredBytes = Math.max(this.#answeredBytes, upTo);
    if (this.#questions.size === 0) this.#largest = 0;
    if (this.#hasRoom) this.#waiting?.resolve();
    return true;
  }

  /** Resolves when the client has read enough for another page of a backlog. */
  room(): Promise<void> {
    if (this.#hasRoom) return Promise.resolve();
    this.#waiting ??= Promise.withResolvers<void>();
    return this.#waiting.promise.finally(() => {
      this.#waiting = undefined;
    });
  }

  get #hasRoom(): boolean {
    return this.#sentBytes - this.#answeredBytes < 2 * ASK_EVERY_BYTES;
  }

  #ask(): void {
    this.#asked += 1;
    this.#askedBytes = this.#sentBytes;
    const id = `srv-ping-${this.#asked}`;
    this.#questions.set(id, this.#sentBytes);
    this.#socket.send(JSON.stringify({ jsonrpc: "2.0", id, method: "ping" }));
  }
}
