import { CallbackTools, type ToolHandler } from "./callback-tools.ts";
import { type Capability, isAvailable, requireAvailable } from "./capabilities.ts";
import type { ConnectOptions, ListOptions, OperationOptions } from "./client-options.ts";
import type { OperationName, OutputOf, ParamsOf, RuntimeHealth } from "./contract/index.ts";
import { RealmCredentials } from "./credentials.ts";
import { MeerkatError } from "./errors.ts";
import { EventStream } from "./event-stream.ts";
import { freshKey, takesKey } from "./fresh-key.ts";
import { askCapabilities, shakeHands } from "./handshake.ts";
import { Link } from "./link.ts";
import { NetworkTransport } from "./network-transport.ts";
import {
  readIds,
  readSession,
  type SessionHistory,
  type SessionInfo,
  type SessionSummary,
} from "./results.ts";
import { DeferredSession, type HistoryOptions, readSessionHistory, Session } from "./session.ts";
import { EventSubscription, type SubscribeOptions } from "./subscription.ts";
import { RealmConfig } from "./realm-config.ts";
import { Realms } from "./realms.ts";
import { Tokens } from "./tokens.ts";
import { TurnFeed } from "./turn-feed.ts";
import { type Prompt, runTurn, type SessionOptions, turnCall } from "./turn-options.ts";

const RECONNECT_ATTEMPTS = 8;

/**
 * A deployment's realm: sessions, their turns and events, config and tools.
 * Every method throws `NOT_CONNECTED` before `connect` and `CLIENT_CLOSED` after `close`.
 */
export class MeerkatClient extends RealmConfig implements AsyncDisposable {
  /** The realm's own provider keys. */
  readonly credentials = new RealmCredentials(() => this.link);
  readonly #defaults: ConnectOptions;
  readonly #tools = new CallbackTools();
  #link: Link | undefined;
  #isClosed = false;
  #capabilities: Capability[] = [];
  /** Who may do what in the realm. */
  readonly tokens = new Tokens((name, params, options) => this.call(name, params, options));
  /** The realms of the deployment. */
  readonly realms = new Realms((name, params, options) => this.call(name, params, options));

  /** Options given here hold for every `connect`, which may override them. */
  constructor(options: ConnectOptions = {}) {
    super();
    this.#defaults = options;
  }

  /**
   * Reaches the deployment, checks its contract, and registers declared tools. @throws {MeerkatError}
   * `INVALID_ARGS`, `VERSION_MISMATCH`, `UNAUTHORIZED`, `CONNECTION_CLOSED`, `INVALID_STATE` if connected.
   */
  async connect(options: ConnectOptions = {}): Promise<this> {
    if (this.#link) throw new MeerkatError("INVALID_STATE", "The client is connected already");
    const all = { ...this.#defaults, ...options };
    const { transport = new NetworkTransport(all), onReconnect } = all;
    const { reconnectAttempts = RECONNECT_ATTEMPTS } = all;
    const link = new Link({ transport, reconnectAttempts, onReconnect, tools: this.#tools });
    this.#link = link;
    try {
      await shakeHands(link, all.signal);
      this.#capabilities =
        all.capabilities === false ? [] : await askCapabilities(link, all.signal);
      if (!this.#tools.isEmpty) await link.connection(all.signal);
      this.#isClosed = false;
    } catch (error) {
      await this.close();
      throw error;
    }
    return this;
  }

  /** Ends the connection and all that waits on it; turns go on in the deployment. */
  async close(): Promise<void> {
    this.#link?.close();
    this.#isClosed ||= this.#link !== undefined;
    this.#link = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Creates a session and runs its first turn. @throws {MeerkatError} as `Session.turn`. */
  async createSession(prompt: Prompt, options: SessionOptions = {}): Promise<Session> {
    const link = this.link;
    const result = await runTurn(link, turnCall("session/create", { prompt }, options));
    return new Session(link, result.sessionId, { result });
  }

  /** Starts creating a session at once and returns its first turn's events; failures are thrown to who reads them. */
  createSessionStreaming(prompt: Prompt, options: SessionOptions = {}): EventStream {
    const call = turnCall("session/create", { prompt }, options);
    return new EventStream(new TurnFeed(this.link, call));
  }

  /** Creates a session without running a turn. @throws {MeerkatError} such as `INVALID_PARAMS`. */
  async createDeferredSession(
    prompt?: Prompt,
    options: SessionOptions = {},
  ): Promise<DeferredSession> {
    const link = this.link;
    const fixed = { prompt, initial_turn: "deferred" } as const;
    const { method, params } = turnCall("session/create", fixed, options);
    const { id, ref } = readIds(await link.call(method, params, options.signal));
    return new DeferredSession(new Session(link, id, { ref }));
  }

  /** A handle on a session that exists already; nothing is asked of the deployment. */
  session(id: string): Session {
    return new Session(this.link, id);
  }

  /** The realm's sessions, most recently used first. @throws {MeerkatError} `INVALID_PARAMS`. */
  async listSessions(options: ListOptions = {}): Promise<SessionSummary[]> {
    const { signal, ...params } = options;
    const { sessions } = await this.call("session/list", params, { signal });
    return sessions.map((summary) => readSession(summary));
  }

  /** @throws {MeerkatError} `SESSION_NOT_FOUND`. */
  async readSession(id: string, { signal }: OperationOptions = {}): Promise<SessionInfo> {
    return readSession(await this.call("session/read", { session_id: id }, { signal }));
  }

  /** @throws {MeerkatError} `SESSION_NOT_FOUND`. */
  async readSessionHistory(id: string, options: HistoryOptions = {}): Promise<SessionHistory> {
    return readSessionHistory(this.link, id, options);
  }

  /** How the deployment and the realm are; nothing is woken for it. */
  async readHealth({ signal }: OperationOptions = {}): Promise<RuntimeHealth> {
    return this.call("runtime/health", {}, { signal });
  }

  /** Follows a session, whoever starts its turns. @throws {MeerkatError} see `EventSubscription.open`. */
  async subscribeSessionEvents(
    id: string,
    options: SubscribeOptions = {},
  ): Promise<EventSubscription> {
    return EventSubscription.open(this.link, id, options);
  }

  /** What the deployment said it can do, when the client connected. */
  get capabilities(): readonly Capability[] {
    return this.#capabilities;
  }

  hasCapability(id: string): boolean {
    return isAvailable(this.#capabilities, id);
  }

  /** @throws {CapabilityUnavailableError} when the deployment cannot do it, saying why. */
  requireCapability(id: string): void {
    requireAvailable(this.#capabilities, id);
  }

  /**
   * Offers a tool that runs in this process to the turns this client starts, from the next one on.
   * `inputSchema` is a JSON Schema of an object. May be called before `connect`.
   */
  registerTool(
    name: string,
    description: string,
    inputSchema: Record<string, unknown>,
    handler: ToolHandler,
  ): void {
    if (!name) throw new MeerkatError("INVALID_ARGS", "A tool needs a name");
    this.#tools.declare({ name, description, input_schema: inputSchema }, handler);
    this.#link?.registerTools();
  }

  /** Calls any operation, in the wire's words. @throws {MeerkatError} also `CONNECTION_CLOSED` */
  async call<Name extends OperationName>(
    name: Name,
    params: ParamsOf<Name>,
    { signal, idempotencyKey }: OperationOptions = {},
  ): Promise<OutputOf<Name>> {
    const key = idempotencyKey ?? (takesKey(name) ? freshKey() : undefined);
    const members = { ...(key === undefined ? {} : { idempotency_key: key }), ...params };
    // The deployment's tests hold its answers to the same table that these types come from.
    return (await this.link.call(name, members, signal)) as OutputOf<Name>;
  }

  protected get link(): Link {
    if (this.#link) return this.#link;
    if (this.#isClosed) throw new MeerkatError("CLIENT_CLOSED", "The client was closed");
    throw new MeerkatError("NOT_CONNECTED", "Call connect() first");
  }
}
