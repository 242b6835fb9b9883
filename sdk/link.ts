import type { CallbackTools } from "./callback-tools.ts";
import { Connection, type ConnectionOwner } from "./connection.ts";
import { connectionClosed, errorFromWire, isConnectionClosed, MeerkatError } from "./errors.ts";
import { isRecord } from "./json.ts";
import { abortable, Retry } from "./retry.ts";
import type { Transport } from "./transport.ts";
import { runningTurn } from "./turn-router.ts";

const OPENING_MS = 20_000;

/** By the contract's names, these look, or change nothing when done twice. */
const harmless =
  /\/(get|list|list_since|latest_cursor|snapshot|read|history|status|catalog|result|interrupt)$/;

/** What a link is made of. */
export interface LinkOptions {
  transport: Transport;
  tools: CallbackTools;
  /** How often in a row a lost connection is tried again before the loss is told. */
  reconnectAttempts: number;
  /** Told before each of them. */
  onReconnect?: ((attempt: number) => void) | undefined;
}

/**
 * The way to one realm of a deployment, over whatever connection there is at the moment: plain
 * requests while nothing streams, one socket from the first need of it, a new one when it is lost.
 */
export class Link implements ConnectionOwner {
  readonly #transport: Transport;
  readonly #tools: CallbackTools;
  readonly #attempts: number;
  readonly #onReconnect: ((attempt: number) => void) | undefined;
  readonly #closing = new AbortController();
  #connection: Connection | undefined;
  #opening: Promise<Connection> | undefined;
  #toolsReady: Promise<unknown> = Promise.resolve();
  #toldRevision = 0;
  #lastId = 0;

  constructor({ transport, tools, reconnectAttempts, onReconnect }: LinkOptions) {
    this.#transport = transport;
    this.#tools = tools;
    this.#attempts = reconnectAttempts;
    this.#onReconnect = onReconnect;
  }

  /** A fresh count of the tries that one piece of work may take. */
  retry(): Retry {
    return new Retry(this.#attempts, this.#onReconnect);
  }

  /**
   * Asks for an operation. What may be repeated is repeated when the connection is lost on the way.
   * @throws {MeerkatError} with the deployment's code, `CONNECTION_CLOSED` or `CLIENT_CLOSED`.
   */
  async call(
    method: string,
    params: Record<string, unknown>,
    signal?: AbortSignal,
  ): Promise<Record<string, unknown>> {
    const isRepeatable = "idempotency_key" in params || harmless.test(method);
    const retry = this.retry();
    for (;;) {
      try {
        const result = await this.#ask(method, params, signal);
        return isRecord(result) ? result : {};
      } catch (error) {
        if (!isRepeatable) throw error;
        await retry.after(error, signal);
      }
    }
  }

  /** The open socket, or a new one on which the tools are registered. One try; callers repeat it. */
  async connection(signal?: AbortSignal): Promise<Connection> {
    this.#closing.signal.throwIfAborted();
    if (this.#connection) return this.#connection;
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    return abortable(this.#opening, signal);
  }

  /**
   * Like `connection`, once the declared tools are known to the deployment.
   * @throws {MeerkatError} also when the deployment refuses a tool.
   */
  async connectionForTurn(signal?: AbortSignal): Promise<Connection> {
    await abortable(this.#toolsReady, signal).catch((error: unknown) => {
      // A new connection registers them anyway.
      if (!isConnectionClosed(error)) throw error;
    });
    return this.connection(signal);
  }

  /** Makes the declared tools known; turns that are started from now on wait until they are. */
  registerTools(): void {
    this.#toolsReady = this.#register();
    // Whoever starts the next turn is told.
    this.#toolsReady.catch(() => undefined);
  }

  /** Ends everything that waits, with `CLIENT_CLOSED`. */
  close(): void {
    const error = new MeerkatError("CLIENT_CLOSED", "The client was closed");
    this.#closing.abort(error);
    this.#connection?.fail(error);
  }

  async answer(method: string, params: Record<string, unknown>, from: Connection) {
    return method === "tool/execute" ? this.#tools.execute(params, from) : undefined;
  }

  closed(connection: Connection): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    // Turns of other clients may wait for a tool of ours, so it does not stay away unasked.
    if (!this.#tools.isEmpty && !this.#closing.signal.aborted) this.registerTools();
  }

  async #ask(method: string, params: Record<string, unknown>, signal?: AbortSignal) {
    this.#closing.signal.throwIfAborted();
    const turn = runningTurn(method, params);
    const needsSocket = turn && !this.#tools.isEmpty;
    const connection = needsSocket ? await this.connectionForTurn(signal) : this.#connection;
    return connection
      ? connection.request(method, params, { signal, turn })
      : this.#post(method, params, signal);
  }

  async #post(method: string, params: Record<string, unknown>, signal?: AbortSignal) {
    const id = (this.#lastId += 1);
    const either = AbortSignal.any([this.#closing.signal, ...(signal ? [signal] : [])]);
    const answer = await this.#transport.post({ jsonrpc: "2.0", id, method, params }, either);
    if (isRecord(answer.error)) throw errorFromWire(answer.error);
    return answer.result;
  }

  async #open(): Promise<Connection> {
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(OPENING_MS)]);
    let connection: Connection | undefined;
    try {
      connection = await Connection.open(this.#transport, this, signal);
      if (!this.#tools.isEmpty) await connection.request(...this.#registration(), { signal });
    } catch (cause) {
      connection?.fail(cause);
      this.#closing.signal.throwIfAborted();
      if (cause instanceof MeerkatError) throw cause;
      throw connectionClosed("The deployment cannot be reached", { cause });
    }
    this.#connection = connection;
    return connection;
  }

  async #register(): Promise<void> {
    const retry = this.retry();
    for (;;) {
      try {
        const connection = await this.connection();
        // An opening that was under way may have told of fewer tools.
        const isTold = this.#toldRevision === this.#tools.revision;
        if (!isTold) await connection.request(...this.#registration());
        return;
      } catch (error) {
        await retry.after(error, this.#closing.signal);
      }
    }
  }

  #registration(): [method: string, params: Record<string, unknown>] {
    this.#toldRevision = this.#tools.revision;
    return ["tools/register", { tools: this.#tools.declarations }];
  }
}
