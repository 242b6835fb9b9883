import { invalidResponse } from "./errors.ts";
import { readEntry } from "./events.ts";
import { isRecord } from "./json.ts";
import { abortable } from "./retry.ts";
import { type RpcPeer, RpcSocket } from "./rpc-socket.ts";
import { type StreamEvents, StreamRouter } from "./stream-router.ts";
import type { Transport } from "./transport.ts";
import { type RunningTurn, TurnRouter } from "./turn-router.ts";

/** Who answers the deployment's own requests, and is told when the connection is gone. */
export interface ConnectionOwner {
  /** Never rejects; resolves with `undefined` when there is no such method. */
  answer(method: string, params: Record<string, unknown>, from: Connection): Promise<unknown>;
  closed(connection: Connection): void;
}

/** What a request on a connection may come with. */
export interface RequestOptions {
  signal?: AbortSignal | undefined;
  /** Present on calls that run a turn: who follows its events. */
  turn?: RunningTurn | undefined;
}

/** A stream that a connection feeds. */
export interface OpenStream {
  id: string;
  events: StreamEvents;
  close(): void;
}

/** One socket to the deployment: requests, the turns they run, and the streams that are followed. */
export class Connection {
  readonly #turns = new TurnRouter();
  readonly #streams = new StreamRouter((stream_id) => this.#closeStream(stream_id));
  readonly #rpc: RpcSocket;

  private constructor(owner: ConnectionOwner) {
    const streams = this.#streams;
    const peer: RpcPeer = {
      get isListening() {
        return !streams.isEmpty;
      },
      answer: (method, params) => owner.answer(method, params, this),
      notice: (method, params, size) => this.#notice(method, params, size),
      closed: (error) => {
        streams.fail(error);
        owner.closed(this);
      },
    };
    this.#rpc = new RpcSocket(peer);
  }

  /** @throws {MeerkatError} `CONNECTION_CLOSED` when the deployment cannot be reached now. */
  static async open(
    transport: Transport,
    owner: ConnectionOwner,
    signal: AbortSignal,
  ): Promise<Connection> {
    const connection = new Connection(owner);
    await connection.#rpc.open(transport, signal);
    return connection;
  }

  get isOpen(): boolean {
    return this.#rpc.failure === undefined;
  }

  /** @throws {MeerkatError} with the deployment's code, or `CONNECTION_CLOSED`. */
  async request(
    method: string,
    params: Record<string, unknown>,
    { signal, turn }: RequestOptions = {},
  ): Promise<unknown> {
    if (turn) await this.#turns.enter(turn);
    if (signal?.aborted || !this.isOpen) {
      if (turn) this.#turns.leave(turn);
      throw signal?.aborted ? signal.reason : this.#rpc.failure;
    }
    const answer = this.#rpc.ask(method, params);
    // An aborted turn may still begin, so its events are expected until it is answered.
    if (turn) void answer.catch(() => undefined).then(() => this.#turns.leave(turn));
    return abortable(answer, signal);
  }

  /**
   * Follows a session's events after the cursor `after`.
   * @throws {MeerkatError} `SESSION_NOT_FOUND`, `INVALID_PARAMS` and others of the deployment.
   */
  async openStream(sessionId: string, after: number, signal: AbortSignal): Promise<OpenStream> {
    if (!this.isOpen) throw this.#rpc.failure;
    let stream: OpenStream | undefined;
    let isAbandoned = false;
    const accept = (result: unknown): void => {
      const id = isRecord(result) ? result.stream_id : undefined;
      if (typeof id !== "string") return;
      if (isAbandoned) this.#closeStream(id);
      else stream = { id, events: this.#streams.opened(id), close: () => this.#streams.close(id) };
    };
    this.#streams.expect();
    try {
      const params = { session_id: sessionId, after };
      await abortable(this.#rpc.ask("session/stream_open", params, accept), signal);
    } finally {
      isAbandoned = stream === undefined;
      if (isAbandoned) this.#streams.opened();
    }
    if (!stream) throw invalidResponse("The deployment opened a stream without a stream_id");
    return stream;
  }

  /** Ends the connection, and everything that waits on it, with this error. */
  fail(error: unknown): void {
    this.#rpc.fail(error);
  }

  #closeStream(stream_id: string): void {
    // A stream that is gone already is as good as closed.
    this.#rpc.tell("session/stream_close", { stream_id });
  }

  #notice(method: string, params: Record<string, unknown>, size: number): void {
    const sessionId = String(params.session_id);
    const streamId = String(params.stream_id);
    if (method === "session/event") this.#turns.route(sessionId, readEntry(params.event), size);
    if (method === "session/stream_event") {
      this.#streams.event(streamId, readEntry(params.event), size);
    }
    if (method === "session/stream_end") this.#streams.end(streamId, params);
  }
}
