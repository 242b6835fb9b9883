import {
  AppError,
  contractVersion,
  operationList,
  packageVersion,
} from "../../../sdk/contract/index.ts";
import { type Caller, call, type StartedRun } from "../../call.ts";
import { stillStands } from "../../token-grants.ts";
import { ConnectionTools } from "./client-tools.ts";
import {
  failure,
  type Incoming,
  paramsObject,
  parseMessage,
  type RequestId,
  success,
} from "./message.ts";
import { Outlet, TOO_SLOW } from "./outlet.ts";
import { RpcStreams } from "./streams.ts";

const MAX_FRAME_CHARS = 32 * 1024 * 1024;
// One socket is one invocation to the platform, with a limit on its CPU time.
const MAX_AGE_MS = 30 * 60_000;
const MAX_MESSAGES = 200_000;
const MAX_IN_FLIGHT = 256;
const RETIREMENT_CHECK_MS = 30_000;
/** Closed on purpose: the client opens another and goes on at its cursors. */
const RECONNECT = 4010;
/** The protocol's own code for a client that may not go on. */
const FORBIDDEN = 1008;

/**
 * One client's socket: full-duplex JSON-RPC, many sessions. Requests run side by side; a long turn
 * never blocks an interrupt or a read.
 */
export class RpcConnection {
  readonly #socket: WebSocket;
  readonly #caller: Caller;
  readonly #outlet: Outlet;
  readonly #tools: ConnectionTools;
  readonly #streams: RpcStreams;
  /** Runs by the request that waits for them, so that `cancel` finds them. */
  readonly #runs = new Map<RequestId, StartedRun>();
  readonly #startedAt = Date.now();
  #inFlight = 0;

  constructor(socket: WebSocket, caller: Caller) {
    this.#socket = socket;
    this.#caller = caller;
    this.#outlet = new Outlet(socket, () => this.#stalled());
    this.#tools = new ConnectionTools(this.#outlet);
    this.#streams = new RpcStreams(caller, this.#outlet, this.#tools);
  }

  start(): void {
    const socket = this.#socket;
    // Listeners first: a message may come the moment the socket is accepted.
    socket.addEventListener("message", ({ data }) => this.#receive(data));
    const retirement = setInterval(() => void this.#check(), RETIREMENT_CHECK_MS);
    socket.addEventListener("close", ({ code, reason }) => {
      clearInterval(retirement);
      this.#streams.abandon();
      socket.close(code === 1005 || code === 1006 ? 1000 : code, reason);
    });
    socket.addEventListener("error", () => this.#streams.abandon());
    socket.accept();
  }

  #receive(data: unknown): void {
    if (typeof data !== "string" || data.length > MAX_FRAME_CHARS) {
      const what = typeof data === "string" ? "larger than 32 MiB" : "binary";
      const error = new AppError("INVALID_PARAMS", `The frame is ${what}: send JSON text`);
      this.#outlet.send(failure(null, error));
      return;
    }
    const message = parseMessage(data);
    if (message.kind === "invalid") this.#outlet.send(message.reply);
    else if (message.kind === "answer") this.#answered(message);
    else void this.#dispatch(message);
  }

  #answered({ id, result, isError }: Extract<Incoming, { kind: "answer" }>): void {
    if (!this.#outlet.answered(id)) this.#tools.answered(id, result, isError);
  }

  async #dispatch(message: Extract<Incoming, { method: string }>): Promise<void> {
    const id = message.kind === "request" ? message.id : undefined;
    this.#inFlight += 1;
    try {
      if (this.#inFlight > MAX_IN_FLIGHT) throw tooMany;
      const result = await this.#run(message.method, paramsObject(message.params), id);
      if (id !== undefined) this.#outlet.send(success(id, result));
    } catch (cause) {
      if (id !== undefined) this.#outlet.send(failure(id, cause));
    } finally {
      this.#inFlight -= 1;
      if (id !== undefined) this.#runs.delete(id);
    }
  }

  #run(method: string, params: Record<string, unknown>, id?: RequestId): unknown {
    switch (method) {
      case "initialize":
        return greeting();
      case "initialized":
        return {};
      case "cancel":
        return this.#cancel(params.request_id);
      case "tools/register":
        return this.#registerTools(params);
      case "session/stream_open":
        return this.#streams.open(params);
      case "session/stream_close":
        return this.#streams.close(params);
      default:
        return this.#operation(method, params, id);
    }
  }

  /** Runs an operation of the table; a turn that it starts is told on this connection, before its answer. */
  async #operation(method: string, params: Record<string, unknown>, id?: RequestId) {
    let told: Promise<void> | undefined;
    const onRun = (run: StartedRun) => {
      if (id !== undefined) this.#runs.set(id, run);
      told = this.#streams.tell(run);
    };
    try {
      const clientTools = this.#tools.tools;
      return await call(method, params, { ...this.#caller, clientTools, onRun });
    } finally {
      await told;
    }
  }

  #registerTools(params: Record<string, unknown>): { registered: number } {
    if (!this.#caller.scopes.includes("run")) {
      throw new AppError("SCOPE_DENIED", "This token does not allow answering turns' tool calls");
    }
    const registered = this.#tools.register(params);
    this.#streams.offerPending();
    return registered;
  }

  /** Takes a turn back that one of this connection's requests started; that request then fails. */
  async #cancel(requestId: unknown): Promise<{ cancelled: boolean }> {
    const isId = typeof requestId === "string" || typeof requestId === "number";
    const run = isId ? this.#runs.get(requestId) : undefined;
    if (!run) return { cancelled: false };
    return { cancelled: await run.session.stub().cancelRun(run.runId) };
  }

  /** Ends an old connection on purpose, between two requests; its client comes back without a gap. */
  #retireIfDue(): void {
    const isDue = Date.now() - this.#startedAt > MAX_AGE_MS || this.#outlet.sent > MAX_MESSAGES;
    if (!isDue || this.#inFlight > 0) return;
    this.#streams.retire();
    this.#socket.close(RECONNECT, "reconnect");
  }

  /** Ends a connection whose token is over, whatever it waits for; what cannot be looked up is looked up later. */
  async #check(): Promise<void> {
    if (await stillStands(this.#caller).catch(() => true)) {
      this.#retireIfDue();
      return;
    }
    this.#streams.abandon();
    this.#socket.close(FORBIDDEN, "the access has ended");
  }

  #stalled(): void {
    this.#streams.overflow();
    this.#socket.close(TOO_SLOW, "the client does not read");
  }
}

const tooMany = new AppError(
  "RATE_LIMITED",
  `This connection waits for ${MAX_IN_FLIGHT} answers already`,
  { max_in_flight: MAX_IN_FLIGHT, retry_after_secs: 1 },
);

/** The answer to `initialize` (contract 3.2). */
export function greeting() {
  const { major, minor, patch } = contractVersion;
  const version = `${major}.${minor}.${patch}`;
  const connectionMethods = [
    "initialize",
    "initialized",
    "cancel",
    "tools/register",
    "session/stream_open",
    "session/stream_close",
  ];
  return {
    server_info: { name: "meerkat-edge", version: packageVersion },
    contract_version: version,
    methods: [...connectionMethods, ...operationList.map(([name]) => name)],
  };
}
