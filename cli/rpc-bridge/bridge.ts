import { setTimeout as delay } from "node:timers/promises";
import { takesKey } from "../../sdk/fresh-key.ts";
import { isRecord } from "../../sdk/json.ts";
import { answerForOfficialSdks } from "./answer-dialect.ts";
import { type Asked, ClientCall, keyed, type Reply } from "./client-call.ts";
import { type ClientRequest, parseLine, tooLong } from "./client-message.ts";
import { type ClientPipe, MOST_CHARACTERS } from "./client-pipe.ts";
import { ClientStreams } from "./client-streams.ts";
import type { Connection, Peer } from "./connection.ts";
import type { ContractVersion } from "./contract-version.ts";
import { answerText, type Outcome, requestText, type RequestId } from "./json-rpc.ts";
import { type Gateway, Link } from "./link.ts";
import { fromOfficialSdks } from "./request-dialect.ts";
import { DeploymentStreams } from "./stream-call.ts";
import { ToolCalls } from "./tool-calls.ts";
import type { TurnCall } from "./turn-call.ts";
import { Turns } from "./turns.ts";

/** How long a client that has said its last waits for a deployment that cannot be reached. */
const PARTING_MS = 5_000;

/** What the bridge is made of. */
export interface BridgeOptions {
  gateway: Gateway;
  pipe: ClientPipe;
  version: ContractVersion;
}

/** One client on standard input and output, and the deployment's `/rpc` over connections that may be lost. */
export class Bridge implements Peer {
  readonly #pipe: ClientPipe;
  readonly #version: ContractVersion;
  readonly #link: Link;
  readonly #streams = new DeploymentStreams();
  readonly #clientStreams: ClientStreams;
  readonly #turns: Turns;
  readonly #toolCalls: ToolCalls;
  readonly #turnsById = new Map<RequestId, TurnCall>();
  #waiting = 0;
  #answeredAll = Promise.withResolvers<void>();

  constructor({ gateway, pipe, version }: BridgeOptions) {
    const notify = (method: string, params: Record<string, unknown>): void =>
      pipe.send(requestText(method, params));
    this.#pipe = pipe;
    this.#version = version;
    this.#link = new Link(gateway, this);
    this.#clientStreams = new ClientStreams(this.#link, this.#streams, notify);
    this.#turns = new Turns(this.#link, this.#streams, (session_id, event) =>
      notify("session/event", { session_id, event }),
    );
    this.#toolCalls = new ToolCalls((id, params) =>
      pipe.send(requestText("tool/execute", params, id)),
    );
  }

  /** Serves the client until it has closed its end and got its answers. */
  async run(): Promise<void> {
    const linked = this.#link.run();
    for await (const line of this.#pipe.lines()) {
      if (line === undefined) this.#pipe.send(tooLong(MOST_CHARACTERS));
      else if (line.trim() !== "") this.#receive(line);
    }
    this.#toolCalls.abandon();
    while (this.#waiting > 0) {
      await Promise.race([this.#answeredAll.promise, delay(PARTING_MS)]);
      if (!this.#link.connection) break;
    }
    this.#link.close();
    await linked;
    await this.#pipe.flushed();
  }

  room(): Promise<void> {
    return this.#pipe.room();
  }

  lost(): void {
    this.#streams.lost();
  }

  execute(id: RequestId, params: Record<string, unknown>, from: Connection): void {
    this.#toolCalls.offered(id, params, from);
  }

  notice(method: string, params: Record<string, unknown>): void {
    const streamId = String(params.stream_id);
    const event = isRecord(params.event) ? params.event : {};
    if (method === "session/event") this.#turns.tell(String(params.session_id), event);
    if (method === "session/stream_event") this.#streams.notice(streamId, { event });
    if (method === "session/stream_end") this.#streams.notice(streamId, { end: params });
  }

  #receive(line: string): void {
    const message = parseLine(line);
    if (message.kind === "invalid") this.#pipe.send(message.reply);
    else if (message.kind === "answer") this.#toolCalls.answered(message.id, message.outcome);
    else if (message.kind === "request") this.#request(message);
    else if (message.method === "cancel" && isRecord(message.params)) {
      // Anything else than a known id finds nothing.
      this.#turnsById.get(message.params.request_id as RequestId)?.cancel();
    }
  }

  #request({ id, ...sent }: ClientRequest): void {
    const asked = fromOfficialSdks(sent);
    const { method, params } = asked;
    const reply = this.#replyTo(id, method);
    if (runsTurn(asked)) {
      const turn = this.#turns.start(asked, (outcome) => {
        if (this.#turnsById.get(id) === turn) this.#turnsById.delete(id);
        reply(outcome);
      });
      this.#turnsById.set(id, turn);
    } else if (method === "session/stream_open") {
      this.#clientStreams.open(params, reply);
    } else if (method === "session/stream_close" && isRecord(params)) {
      const isClosed = this.#clientStreams.close(params.stream_id, reply);
      if (!isClosed) this.#link.add(new ClientCall(asked, reply));
    } else {
      this.#link.add(new ClientCall(takesKey(method) ? keyed(asked) : asked, reply));
    }
  }

  #replyTo(id: RequestId, method: string): Reply {
    this.#waiting += 1;
    return (outcome: Outcome) => {
      this.#pipe.send(answerText(id, answerForOfficialSdks(method, outcome, this.#version)));
      this.#waiting -= 1;
      if (this.#waiting > 0) return;
      this.#answeredAll.resolve();
      this.#answeredAll = Promise.withResolvers<void>();
    };
  }
}

/** Calls that run no turn, and whose repetition a key tells from another such call. */
function runsTurn({ method, params }: Asked): boolean {
  if (method === "turn/start") return true;
  const isDeferred = isRecord(params) && params.initial_turn === "deferred";
  return method === "session/create" && !isDeferred;
}
