import { randomUUID } from "node:crypto";
import { until } from "../chaos/conditions.node.ts";
import { inner, type Json, listOf } from "../chaos/json.node.ts";
import { asBearer, asTicket, type Deployment, PATIENCE_MS } from "./deployment.node.ts";
import type { Ids } from "./ids.node.ts";
import { callTool } from "./mcp-call.node.ts";
import { Socket } from "./socket.node.ts";

const model = "demo";
const lookup = { name: "lookup", description: "d", input_schema: { type: "object" } };

/** A realm in which there is one of everything, and what all of it is called. */
export class World implements Disposable {
  readonly realm: string;
  readonly ids: Ids;
  /** Words that stand in the realm's data and nowhere else. */
  readonly canary: string;
  readonly socket: Socket;
  readonly #over: AbortController;

  static async populate(deployment: Deployment, name: string): Promise<World> {
    const canary = `canary${randomUUID().replaceAll("-", "")}`;
    const realm = `${name}-${randomUUID().slice(0, 8)}`;
    const over = new AbortController();
    const maker = new Maker(deployment, realm, { canary, signal: over.signal });
    return new World(realm, await maker.make(), { canary, over });
  }

  private constructor(
    realm: string,
    { ids, socket }: Made,
    { canary, over }: { canary: string; over: AbortController },
  ) {
    this.realm = realm;
    this.ids = ids;
    this.socket = socket;
    this.canary = canary;
    this.#over = over;
  }

  [Symbol.dispose](): void {
    this.#over.abort();
    this.socket.close();
  }
}

interface Made {
  ids: Ids;
  socket: Socket;
}

/** Fills a realm. */
class Maker {
  readonly #deployment: Deployment;
  readonly #realm: string;
  readonly #canary: string;
  readonly #signal: AbortSignal;

  constructor(
    deployment: Deployment,
    realm: string,
    { canary, signal }: { canary: string; signal: AbortSignal },
  ) {
    this.#deployment = deployment;
    this.#realm = realm;
    this.#canary = canary;
    this.#signal = signal;
  }

  async make(): Promise<Made> {
    const canary = this.#canary;
    const agent = { system_prompt: `${canary} system` };
    await this.#must(["PATCH", "/config"], { agent });
    await this.#must(["PATCH", "/config"], { agent: { max_tokens_per_turn: 4_096 } });

    const key = `key-${randomUUID()}`;
    const request = `request-${randomUUID()}`;
    const label = `label-${randomUUID()}`;
    const plain = await this.#create(
      { idempotency_key: key, labels: { about: label, of: canary } },
      request,
    );
    const first = String(plain.session_id);
    const fork = await this.#must(["POST", `/sessions/${first}/fork`], {});
    const archived = String((await this.#create()).session_id);
    await this.#must(["DELETE", `/sessions/${archived}`]);
    const rewound = String((await this.#create()).session_id);
    await this.#must(["POST", `/sessions/${rewound}/rewind`], {});
    const parked = await this.#parked();

    const { token, tokenId } = await this.#deployment.tokenOf(this.#realm);
    const share = await this.#must(["POST", `/sessions/${first}/share`], {});
    const stream = await callTool(this.#deployment.url, this.#realm, {
      credential: asBearer(token),
      name: "meerkat_event_stream_open",
      args: { session_id: first, after: 0 },
    });
    const socket = await Socket.open(
      `${this.#deployment.url}/realms/${this.#realm}/rpc`,
      asTicket(await this.#deployment.ticketOf(this.#realm)),
    );
    const opened = await socket.ask("session/stream_open", { session_id: first });
    const ids: Ids = {
      realm: [this.#realm],
      session: [first, String(fork.session_id), archived, rewound, parked.session],
      run: [String(plain.run_id)],
      input: [parked.input],
      toolCall: [parked.toolCall],
      request: [request],
      key: [key],
      stream: [String(stream.stream_id)],
      rpcStream: [String(inner(opened.result).stream_id)],
      mcpSession: [randomUUID()],
      task: [`${first}.${String(plain.run_id)}.2`],
      ticket: [await this.#deployment.ticketOf(this.#realm)],
      token: [token, String(share.token)],
      tokenId: [tokenId, String(share.token_id)],
      label: [label],
    };
    return { ids, socket };
  }

  #must(route: readonly [string, string], body?: Json, headers?: Record<string, string>) {
    return this.#deployment.must(this.#realm, route, body, headers);
  }

  #create(extra: Json = {}, requestId?: string): Promise<Json> {
    const body = { prompt: `${this.#canary} prompt`, model, ...extra };
    return this.#must(
      ["POST", "/sessions"],
      body,
      requestId ? { "x-meerkat-request-id": requestId } : {},
    );
  }

  /** A session whose turn waits for a tool, and another turn for that one. */
  async #parked(): Promise<{ session: string; toolCall: string; input: string }> {
    const deferred = await this.#must(["POST", "/sessions"], {
      initial_turn: "deferred",
      model,
      external_tools: [lookup],
    });
    const session = String(deferred.session_id);
    const messages = `/sessions/${session}/messages`;
    // Answered at once with what it waits for, as an error of the contract.
    const asked = { prompt: `${this.#canary} tool:lookup` };
    await this.#deployment.ask(this.#realm, ["POST", messages], asked);
    const pending = await this.#must(["GET", `/sessions/${session}/pending`]);
    const [call] = listOf(pending.pending_tool_calls);
    this.#queue(session);
    let input = "";
    await until(PATIENCE_MS, "a turn that waits", async () => {
      const { inputs } = await this.#must(["GET", `/sessions/${session}/inputs`]);
      const [waiting] = listOf(inputs);
      input = waiting ? String(waiting.input_id) : "";
      return input !== "";
    });
    return { session, toolCall: String(call?.tool_use_id), input };
  }

  /** Asks for a turn that never comes to its end while the world lasts. */
  #queue(session: string): void {
    void fetch(`${this.#deployment.url}/realms/${this.#realm}/sessions/${session}/messages`, {
      method: "POST",
      headers: { ...this.#deployment.admin, "content-type": "application/json" },
      body: JSON.stringify({ prompt: `${this.#canary} queued`, handling_mode: "queue" }),
      signal: this.#signal,
    }).then(
      (response) => response.body?.cancel(),
      () => undefined,
    );
  }
}
