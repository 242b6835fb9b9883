import { connectionClosed, errorFromWire, invalidResponse, MeerkatError } from "./errors.ts";
import { isRecord, parseJson } from "./json.ts";
import type { OutgoingMessage, Socket, Transport } from "./transport.ts";

const BEAT_MS = 20_000;
/** Silent beats after which the deployment is asked for a sign of life, and given up. */
const ASK_AFTER = 2;
const MESSAGE_TOO_BIG = 1009;
/** What the deployment takes in one message. */
const MOST_CHARACTERS = 32 * 1024 * 1024;
const tooLarge = {
  code: -32602,
  message: "The message is larger than 32 MiB",
  data: { code: "PAYLOAD_TOO_LARGE" },
};
const METHOD_NOT_FOUND = -32601;

/** Who handles what the deployment sends unasked. */
export interface RpcPeer {
  /** Whether it expects notifications: then the socket must show that it is alive. */
  readonly isListening: boolean;
  /** Answers a request; never rejects, and resolves with `undefined` when there is no such method. */
  answer(method: string, params: Record<string, unknown>): Promise<unknown>;
  /** Takes a notification of `size` bytes; may throw, which ends the connection. */
  notice(method: string, params: Record<string, unknown>, size: number): void;
  /** Told once, when nothing more comes. */
  closed(error: unknown): void;
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: unknown): void;
  accept: ((result: unknown) => void) | undefined;
}

/** JSON-RPC 2.0 in both directions over one socket. */
export class RpcSocket {
  readonly #peer: RpcPeer;
  readonly #pending = new Map<number, Pending>();
  #socket: Socket | undefined;
  #failure: unknown;
  #lastId = 0;
  #silentBeats = 0;
  #heartbeat: ReturnType<typeof setInterval> | undefined;

  constructor(peer: RpcPeer) {
    this.#peer = peer;
  }

  /** @throws {MeerkatError} `CONNECTION_CLOSED` when the deployment cannot be reached now. */
  async open(transport: Transport, signal: AbortSignal): Promise<void> {
    const message = (data: unknown): void => this.#receive(data);
    const closed = (code: number, reason: string): void => this.fail(closure(code, reason));
    this.#socket = await transport.open({ message, closed }, signal);
    if (this.#failure) throw this.#failure;
    this.#heartbeat = setInterval(() => this.#beat(), BEAT_MS);
  }

  /** Why it is over; `undefined` while it can be used. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Sends a request at once. `accept` sees the result before any message that came after it. */
  ask(
    method: string,
    params: Record<string, unknown>,
    accept?: (result: unknown) => void,
  ): Promise<unknown> {
    const id = (this.#lastId += 1);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(id, { resolve, reject, accept });
    if (!this.#send({ jsonrpc: "2.0", id, method, params })) this.#settle({ id, error: tooLarge });
    return promise;
  }

  /** Sends a request whose answer makes no difference. */
  tell(method: string, params: Record<string, unknown>): void {
    if (!this.#failure) this.ask(method, params).catch(() => undefined);
  }

  /** Ends it, and everything that waits for an answer, with this error. */
  fail(error: unknown): void {
    if (this.#failure) return;
    this.#failure = error;
    if (this.#heartbeat !== undefined) clearInterval(this.#heartbeat);
    this.#socket?.close(1000);
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
    this.#peer.closed(error);
  }

  /** False for a message that the deployment would not read. */
  #send(message: OutgoingMessage): boolean {
    const text = JSON.stringify(message);
    if (text.length > MOST_CHARACTERS) return false;
    try {
      this.#socket?.send(text);
    } catch (cause) {
      this.fail(connectionClosed("The connection is closing", { cause }));
    }
    return true;
  }

  /** A half-open socket never says that it is dead: only a question that stays unanswered does. */
  #beat(): void {
    const isAwaited = this.#pending.size > 0 || this.#peer.isListening;
    this.#silentBeats = isAwaited ? this.#silentBeats + 1 : 0;
    if (this.#silentBeats > ASK_AFTER) this.fail(connectionClosed("The deployment fell silent"));
    else if (this.#silentBeats === ASK_AFTER) this.tell("ping", {});
  }

  #receive(data: unknown): void {
    this.#silentBeats = 0;
    const lines = typeof data === "string" ? data.split("\n") : [""];
    for (const line of lines) {
      if (this.#failure) return;
      try {
        this.#dispatch(parseJson(line), line.length);
      } catch (error) {
        this.fail(error);
      }
    }
  }

  #dispatch(message: unknown, size: number): void {
    if (!isRecord(message))
      throw invalidResponse("The deployment sent a message that is no object");
    const { id, method } = message;
    const params = isRecord(message.params) ? message.params : {};
    if (typeof method !== "string") this.#settle(message);
    else if (typeof id === "string" || typeof id === "number")
      void this.#answer(id, method, params);
    else this.#peer.notice(method, params, size);
  }

  #settle(message: Record<string, unknown>): void {
    const pending = this.#pending.get(Number(message.id));
    if (!pending) return;
    this.#pending.delete(Number(message.id));
    if (isRecord(message.error)) return pending.reject(errorFromWire(message.error));
    pending.accept?.(message.result);
    pending.resolve(message.result ?? {});
  }

  async #answer(id: string | number, method: string, params: Record<string, unknown>) {
    // The deployment's flow control must not wait for anything of ours.
    const result = method === "ping" ? {} : await this.#peer.answer(method, params);
    if (this.#failure) return;
    const error = { code: METHOD_NOT_FOUND, message: `Method not found: ${method}` };
    const answer = result === undefined ? { error } : { result };
    if (!this.#send({ jsonrpc: "2.0", id, ...answer })) {
      this.#send({ jsonrpc: "2.0", id, error: tooLarge });
    }
  }
}

function closure(code: number, reason: string): MeerkatError {
  const details = { code, reason };
  if (code === MESSAGE_TOO_BIG) {
    return new MeerkatError("PAYLOAD_TOO_LARGE", tooLarge.message, { details });
  }
  return connectionClosed(`The connection was closed (${code})`, { details });
}
