import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";

const TEXT = 0x81;
const MASKED = 0x80;
const LONGEST_SHORT = 125;
const TWO_BYTES = 126;
const EIGHT_BYTES = 127;

/**
 * A client of `/rpc` that does next to nothing per message, so that a thousand of them fit in one
 * process: it takes frames apart, answers the server's questions and hands the rest on as bytes.
 */
export class RpcSocket {
  readonly #socket: Socket;
  readonly #onMessage: (bytes: Buffer) => void;
  #rest: Buffer | undefined;

  static async connect(url: string, onMessage: (bytes: Buffer) => void): Promise<RpcSocket> {
    const headers = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    };
    const outgoing = request(url, { agent: false, headers });
    outgoing.end();
    // The event's arguments.
    const [, socket, head] = (await once(outgoing, "upgrade")) as [IncomingMessage, Socket, Buffer];
    return new RpcSocket(socket, head, onMessage);
  }

  private constructor(socket: Socket, head: Buffer, onMessage: (bytes: Buffer) => void) {
    this.#socket = socket;
    this.#onMessage = onMessage;
    socket.setNoDelay();
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    // A server that goes away in mid-test is noticed by what is missing.
    socket.on("error", () => {});
    if (head.length > 0) this.#receive(head);
  }

  send(text: string): void {
    const payload = Buffer.from(text);
    // A mask of zeros is a mask, and leaves the text as it is.
    const header =
      payload.length <= LONGEST_SHORT
        ? [TEXT, MASKED | payload.length, 0, 0, 0, 0]
        : [TEXT, MASKED | TWO_BYTES, payload.length >> 8, payload.length & 0xff, 0, 0, 0, 0];
    this.#socket.write(Buffer.concat([Buffer.from(header), payload]));
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    let at = 0;
    while (at + 2 <= bytes.length) {
      const [start, length] = extent(bytes, at);
      if (start + length > bytes.length) break;
      this.#take(bytes.subarray(start, start + length));
      at = start + length;
    }
    this.#rest = at < bytes.length ? bytes.subarray(at) : undefined;
  }

  #take(message: Buffer): void {
    // The server's own questions are the only short messages with a method.
    const id = message.length < LONGEST_SHORT && /"(srv-ping-\d+)"/.exec(message.toString())?.[1];
    if (id) this.send(JSON.stringify({ jsonrpc: "2.0", id, result: {} }));
    else this.#onMessage(message);
  }
}

/** Where a frame's payload starts, and how long it is; both beyond the bytes while the header is cut. */
function extent(bytes: Buffer, at: number): [start: number, length: number] {
  const short = (bytes[at + 1] ?? 0) & 0x7f;
  if (short < TWO_BYTES) return [at + 2, short];
  const width = short === EIGHT_BYTES ? 8 : 2;
  const start = at + 2 + width;
  return start > bytes.length
    ? [start, 0]
    : [start, bytes.readUIntBE(start - Math.min(width, 6), Math.min(width, 6))];
}
