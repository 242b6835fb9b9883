import { isRecord, parseJson } from "../../sdk/json.ts";
import type { Socket, Transport } from "../../sdk/transport.ts";
import type { Call } from "./call.ts";
import {
  answerText,
  failure,
  type Outcome,
  outcomeOf,
  requestText,
  type RequestId,
} from "./json-rpc.ts";

const BEAT_MS = 20_000;
/** Silent beats after which the deployment is asked for a sign of life, and given up. */
const ASK_AFTER = 2;
/** What the deployment takes in one frame; a larger one would cost the connection, again and again. */
const MOST_BYTES = 32 * 1024 * 1024 - 1024;

const METHOD_NOT_FOUND = failure(-32601, "NOT_FOUND", "Method not found");
const tooLarge = failure(-32602, "PAYLOAD_TOO_LARGE", "The message is larger than 32 MiB");

/** Who handles what the deployment sends unasked. */
export interface Peer {
  /** Resolves when there is room for more. */
  room(): Promise<void>;
  notice(method: string, params: Record<string, unknown>): void;
  /** The connection is gone, and with it all that the deployment knew it by. */
  lost(): void;
  /** The deployment asks for a tool; the answer goes back on the same connection. */
  execute(id: RequestId, params: Record<string, unknown>, from: Connection): void;
}

/** One socket to the deployment. */
export class Connection {
  readonly #peer: Peer;
  readonly #calls = new Map<number, Call>();
  readonly #closed = Promise.withResolvers<void>();
  #socket: Socket | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #isOver = false;
  #lastId = 0;
  #silentBeats = 0;
  readonly #answered: (call: Call, outcome: Outcome) => void;

  private constructor(peer: Peer, answered: (call: Call, outcome: Outcome) => void) {
    this.#peer = peer;
    this.#answered = answered;
  }

  /** @throws {MeerkatError} when the deployment cannot be reached now. */
  static async open(
    transport: Transport,
    { peer, answered }: { peer: Peer; answered: (call: Call, outcome: Outcome) => void },
    signal: AbortSignal,
  ): Promise<Connection> {
    const connection = new Connection(peer, answered);
    const message = (data: unknown): void => connection.#receive(data);
    const closed = (): void => connection.close();
    connection.#socket = await transport.open({ message, closed }, signal);
    connection.#heartbeat = setInterval(() => connection.#beat(), BEAT_MS);
    return connection;
  }

  /** Resolves when it can be used no more. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  ask(call: Call): void {
    if (this.#isOver) return;
    const id = (this.#lastId += 1);
    this.#calls.set(id, call);
    const { method, params } = call.ask();
    const text = requestText(method, params, id);
    // Never answered before `ask` returns: whoever asks may not be ready for it.
    if (Buffer.byteLength(text) > MOST_BYTES) queueMicrotask(() => this.#settle(id, tooLarge));
    else this.#send(text);
  }

  notify(method: string, params: unknown): void {
    this.#send(requestText(method, params));
  }

  answer(id: RequestId, outcome: Outcome): void {
    const text = answerText(id, outcome);
    this.#send(Buffer.byteLength(text) > MOST_BYTES ? answerText(id, tooLarge) : text);
  }

  /** The number by which the deployment knows a call of this connection. */
  idOf(call: Call): number | undefined {
    for (const [id, asked] of this.#calls) if (asked === call) return id;
    return undefined;
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#heartbeat);
    this.#socket?.close(1000);
    this.#closed.resolve();
  }

  #send(text: string): void {
    if (this.#isOver) return;
    try {
      this.#socket?.send(text);
    } catch {
      this.close();
    }
  }

  /** A half-open socket never says that it is dead: only a question that stays unanswered does. */
  #beat(): void {
    this.#silentBeats += 1;
    if (this.#silentBeats > ASK_AFTER) this.close();
    else if (this.#silentBeats === ASK_AFTER) this.#send(requestText("ping", {}, "alive"));
  }

  #receive(data: unknown): void {
    this.#silentBeats = 0;
    if (typeof data !== "string") return this.close();
    for (const line of data.split("\n")) {
      const message = parseJson(line);
      if (this.#isOver) return;
      if (isRecord(message)) this.#dispatch(message);
    }
  }

  #dispatch(message: Record<string, unknown>): void {
    const { id, method } = message;
    const params = isRecord(message.params) ? message.params : {};
    if (typeof method !== "string") this.#settle(Number(id), outcomeOf(message));
    else if (typeof id !== "string" && typeof id !== "number") this.#peer.notice(method, params);
    else if (method === "ping") void this.#showsRoom(id);
    else if (method === "tool/execute") this.#peer.execute(id, params, this);
    else this.answer(id, METHOD_NOT_FOUND);
  }

  /** The deployment sends no more than it has answers for, so the client's pace becomes its own. */
  async #showsRoom(id: RequestId): Promise<void> {
    await this.#peer.room();
    this.answer(id, { result: {} });
  }

  #settle(id: number, outcome: Outcome): void {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (call) this.#answered(call, outcome);
  }
}
