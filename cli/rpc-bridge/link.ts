import { setTimeout as delay } from "node:timers/promises";
import { type ErrorCode, errorCodes } from "../../sdk/contract/errors.ts";
import { connectionClosed, isConnectionClosed, MeerkatError } from "../../sdk/errors.ts";
import type { Transport } from "../../sdk/transport.ts";
import type { Call } from "./call.ts";
import { Connection, type Peer } from "./connection.ts";
import { failure, type Outcome } from "./json-rpc.ts";

const OPENING_MS = 20_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** The SDKs wait without a limit of their own, so what cannot be answered must be refused at some time. */
const PATIENCE_MS = { first: 30_000, later: 600_000 };
const INTERNAL_ERROR = -32603;

/** Where the deployment is at the moment: a restarted one may be somewhere else. */
export interface Gateway {
  /** `lostMs` is the time for which it could not be reached. */
  transport(lostMs: number): Promise<Transport>;
}

/** The way to the deployment over whatever connection there is, a new one whenever it is lost. */
export class Link {
  readonly #gateway: Gateway;
  readonly #peer: Peer;
  readonly #calls = new Set<Call>();
  readonly #closing = new AbortController();
  #connection: Connection | undefined;
  #failures = 0;
  #reachedAt: number | undefined;

  constructor(gateway: Gateway, peer: Peer) {
    this.#gateway = gateway;
    this.#peer = peer;
  }

  /** The open connection, if there is one. */
  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** Asks at once, or as soon as there is a connection; answers come in any order. */
  add(call: Call): void {
    this.#calls.add(call);
    this.#connection?.ask(call);
  }

  /** Asks once more on the same connection. */
  again(call: Call): void {
    this.#connection?.ask(call);
  }

  /** The call is not of interest any more. */
  drop(call: Call): void {
    this.#calls.delete(call);
  }

  close(): void {
    this.#closing.abort();
    this.#connection?.close();
  }

  /** Keeps a connection open until `close`. */
  async run(): Promise<void> {
    const { signal } = this.#closing;
    let lostAt = Date.now();
    while (!signal.aborted) {
      try {
        // A client that does not read was cut off for that; it is met again when it reads.
        await this.#peer.room();
        await this.#connected(Date.now() - lostAt);
        lostAt = Date.now();
      } catch (error) {
        const { first, later } = PATIENCE_MS;
        const patience = this.#reachedAt === undefined ? first : later;
        const isFinal = !isConnectionClosed(error) || Date.now() - lostAt > patience;
        if (isFinal) this.#refuse(error);
      }
      await this.#pause(signal);
    }
  }

  /** Opens a connection, asks what is open, and stays until the connection is lost. */
  async #connected(lostMs: number): Promise<void> {
    const connection = await this.#open(lostMs);
    this.#connection = connection;
    this.#reachedAt = Date.now();
    // In the order in which they came: what a call means may depend on one before it.
    const open = [...this.#calls];
    for (const call of open) connection.ask(call);
    await connection.closed;
    this.#connection = undefined;
    this.#peer.lost();
    for (const call of this.#calls) call.lost?.();
  }

  async #open(lostMs: number): Promise<Connection> {
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(OPENING_MS)]);
    const answered = (call: Call, outcome: Outcome): void => this.#answered(call, outcome);
    const transport = await this.#gateway.transport(lostMs);
    try {
      return await Connection.open(transport, { peer: this.#peer, answered }, signal);
    } catch (error) {
      if (signal.aborted) throw connectionClosed("The deployment does not answer");
      // A refused socket does not say why; the same over HTTP does.
      const request = { jsonrpc: "2.0", id: 1, method: "initialize", params: {} } as const;
      await transport.post(request, signal);
      throw error;
    }
  }

  #answered(call: Call, outcome: Outcome): void {
    if (!this.#calls.has(call)) return;
    call.answered(outcome);
    if (call.isStanding) return;
    this.#calls.delete(call);
    // Something was achieved: what fails next fails for the first time.
    this.#failures = 0;
  }

  /** Answers everything that waits: nothing will become of it for now. */
  #refuse(cause: unknown): void {
    if (this.#closing.signal.aborted) return;
    const code = cause instanceof MeerkatError ? cause.code : "INTERNAL_ERROR";
    const name = code === "CONNECTION_CLOSED" ? "SERVICE_UNAVAILABLE" : code;
    const message = cause instanceof Error ? cause.message : String(cause);
    process.stderr.write(`rkat rpc: ${message}\n`);
    for (const call of this.#calls) this.#answered(call, failure(number(name), name, message));
  }

  /** At random, so that the clients of a restarted deployment do not all come at once. */
  async #pause(signal: AbortSignal): Promise<void> {
    const ceiling = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
    this.#failures += 1;
    await delay(Math.random() * ceiling, undefined, { signal }).catch(() => undefined);
  }
}

function number(name: string): number {
  // Codes of the SDK's own, and those of a newer deployment, are not in the table.
  return Object.hasOwn(errorCodes, name) ? errorCodes[name as ErrorCode].rpc : INTERNAL_ERROR;
}
