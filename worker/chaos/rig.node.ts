import { randomUUID } from "node:crypto";
import { check } from "./conditions.node.ts";
import type { Json } from "./json.node.ts";
import { type Answer, Rest } from "./rest.node.ts";
import { followRpc } from "./rpc.node.ts";
import { followSdk, sdkClient } from "./sdk-client.node.ts";
import { followSse } from "./sse.node.ts";
import { Stage } from "./stage.node.ts";
import { type Plan, Upstream } from "./upstream.node.ts";
import type { Vendor } from "./vendor.node.ts";
import { View } from "./view.node.ts";

/** A session of a test, with its vendor within reach. */
export interface RigSession {
  id: string;
  upstream: Upstream;
}

/** The transports over which a session can be followed. */
export const transports = ["SSE", "JSON-RPC", "SDK"] as const;
export type Transport = (typeof transports)[number];

/** A real server and what tests of single promises need around it. */
export class Rig implements AsyncDisposable {
  readonly stage: Stage;
  readonly rest: Rest;
  #over = new AbortController();
  readonly #leaving: (() => Promise<unknown>)[] = [];

  static async set(): Promise<Rig> {
    return new Rig(await Stage.set());
  }

  private constructor(stage: Stage) {
    this.stage = stage;
    this.rest = new Rest(stage.server, "chaos");
  }

  /** Creates a session whose vendor answers as planned. */
  async session(vendor: Vendor, plans: readonly Plan[]): Promise<RigSession> {
    const upstream = new Upstream(vendor, plans);
    this.stage.vendors.add(upstream);
    const request = { initial_turn: "deferred", prompt: "", model: upstream.model };
    const { status, body } = await this.rest.ask("POST", "/sessions", {
      ...request,
      ...vendor.choice,
    });
    check(status === 200, `a session could not be created: ${JSON.stringify(body)}`);
    return { id: String(body.session_id), upstream };
  }

  /** Runs a turn over REST, once. */
  turn({ id }: RigSession, prompt: string, extra: Json = {}): Promise<Answer> {
    const params = { prompt, idempotency_key: randomUUID(), ...extra };
    return this.rest.ask("POST", `/sessions/${id}/messages`, params);
  }

  /** Lets a client follow a session after a cursor until the test is over. */
  follow(transport: Transport, { id }: RigSession, after = 0, refreshEvery?: number): View {
    const { server } = this.stage;
    const { realm } = this.rest;
    const { signal } = this.#over;
    const view = new View(transport, undefined, after);
    if (transport === "SSE") {
      const path = `/realms/${realm}/sessions/${id}/events`;
      const wish = { path, signal, ...(refreshEvery !== undefined && { refreshEvery }) };
      const done = followSse(server, view, wish);
      this.#leaving.push(() => done);
    } else if (transport === "JSON-RPC") {
      const done = followRpc(server, view, { realm, sessionId: id, signal });
      this.#leaving.push(() => done);
    } else {
      const client = sdkClient(server, realm);
      const done = client.then((connected) => followSdk(connected, id, view));
      this.#leaving.push(async () => {
        await (await client).close();
        await done;
      });
    }
    return view;
  }

  /** Sends all clients home. */
  async leave(): Promise<void> {
    this.#over.abort();
    this.#over = new AbortController();
    await Promise.allSettled(this.#leaving.splice(0).map((leave) => leave()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
    await this.stage[Symbol.asyncDispose]();
  }
}
