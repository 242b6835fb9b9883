import { afterEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { cuttableProxy } from "./rpc-bridge/cuttable-proxy.ts";
import { BridgeClient, type Message, Params } from "./rpc-bridge/test-support.ts";
import {
  freshStateRoot,
  isGone,
  runtimePid,
  type Served,
  startServe,
  until,
} from "./test-support.ts";

// Every test starts processes, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const servers: Served[] = [];
const clients: BridgeClient[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end("SIGKILL")));
  await Promise.all(servers.splice(0).map((server) => server.end("SIGKILL")));
});

async function serve(stateRoot: string, port?: string): Promise<Served> {
  const server = await startServe(stateRoot, {}, port);
  servers.push(server);
  return server;
}

function bridge(url: string): BridgeClient {
  const client = new BridgeClient(["--realm", "team"], { RKAT_URL: url });
  clients.push(client);
  return client;
}

/** Restarts as an operator would: the old process is gone without a word, the new one has its address. */
async function restart(server: Served, stateRoot: string): Promise<Served> {
  await server.end("SIGKILL");
  await until(() => isGone(runtimePid(stateRoot)));
  return serve(stateRoot, new URL(server.url).port);
}

const Log = z.object({
  events: z.array(z.object({ cursor: z.object({ sequence: z.number() }) })),
  has_more: z.boolean(),
});

/** The numbers of all events that the deployment keeps of a session. */
async function logged(client: BridgeClient, session_id: unknown): Promise<number[]> {
  const scope = { type: "session", session_id };
  const log = Log.parse(await client.ask("events/list_since", { scope, limit: 1000 }));
  return log.events.map(({ cursor }) => cursor.sequence);
}

function seqs(events: Record<string, unknown>[]): number[] {
  return events.map(({ seq }) => Number(seq));
}

function isRising(numbers: number[]): boolean {
  return numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0));
}

function isEvent({ method, params }: Message, session_id: unknown): boolean {
  return method === "session/event" && params?.session_id === session_id;
}

describe("rkat rpc, when its connection is lost", () => {
  it("tells a tool-using turn the same whichever event it is lost at", async () => {
    const server = await serve(freshStateRoot());
    await using proxy = await cuttableProxy(server.url);
    const client = bridge(proxy.url);
    await client.ask("tools/register", { tools: [{ name: "probe", description: "Probes." }] });
    const shapes: unknown[] = [];

    for (let cutAt = 0; cutAt < 36; cutAt += 1) {
      const { session_id } = await client.ask("session/create", { initial_turn: "deferred" });
      const id = client.send("turn/start", { session_id, prompt: "tool:probe" });
      if (cutAt > 0) await client.when(() => client.events(session_id).length >= cutAt);
      proxy.cut();
      const answer = await client.answer(id);

      const events = client.events(session_id);
      expect(seqs(events), `cut at ${cutAt}`).toEqual(await logged(client, session_id));
      expect(answer.result).toMatchObject({ session_id, turns: 2, tool_calls: 1 });
      const last = client.messages.findLastIndex((message) => isEvent(message, session_id));
      expect(client.messages.indexOf(answer)).toBeGreaterThan(last);
      shapes.push(events.map(({ type, delta = "" }) => [type, delta]));
    }

    for (const shape of shapes) expect(shape).toEqual(shapes[0]);
  });

  it("asks the client's tool once, and brings the answer that was lost on the way", async () => {
    const server = await serve(freshStateRoot());
    await using proxy = await cuttableProxy(server.url);
    const client = bridge(proxy.url);
    await client.ask("tools/register", { tools: [{ name: "probe" }] });
    const release = Promise.withResolvers<void>();
    client.onTool = () => release.promise.then(() => ({ content: "late but here" }));

    const id = client.send("session/create", { prompt: "tool:probe" });
    await client.until(({ method }) => method === "tool/execute");
    proxy.cut();
    release.resolve();
    const { result } = await client.answer(id);

    expect(result).toMatchObject({ text: expect.stringContaining("late but here") });
    const asked = client.messages.filter(({ method }) => method === "tool/execute");
    expect(asked).toHaveLength(1);
  });

  it("keeps several creates apart that were all lost at once", async () => {
    const server = await serve(freshStateRoot());
    await using proxy = await cuttableProxy(server.url);
    const client = bridge(proxy.url);

    const ids = [1, 2, 3, 4].map((n) =>
      client.send("session/create", { prompt: `slow ${n}`, labels: { n: String(n) } }),
    );
    await client.until(({ method }) => method === "session/event");
    proxy.cut();
    const answers = await Promise.all(ids.map((id) => client.answer(id)));

    const sessions = answers.map(({ result }) =>
      z.looseObject({ session_id: z.string() }).parse(result),
    );
    for (const [index, { session_id, text }] of sessions.entries()) {
      expect(text).toContain(`slow ${index + 1}`);
      expect(seqs(client.events(session_id))).toEqual(await logged(client, session_id));
    }
    const { sessions: listed } = await client.ask("session/list", {});
    expect(listed).toHaveLength(4);
  });

  it("goes on with a stream under its name and its numbers", async () => {
    const server = await serve(freshStateRoot());
    await using proxy = await cuttableProxy(server.url);
    const client = bridge(proxy.url);
    const other = bridge(server.url);
    const { session_id } = await client.ask("session/create", { initial_turn: "deferred" });
    const { stream_id } = await client.ask("session/stream_open", { session_id });
    await client.ask("session/read", { session_id });

    proxy.cut();
    await other.ask("turn/start", { session_id, prompt: "while nobody could see it" });
    await client.until(({ params }) => typeOf(params) === "run_completed");
    proxy.cut();
    await other.ask("turn/start", { session_id, prompt: "and once more" });
    await client.when(
      () => client.messages.filter(({ params }) => typeOf(params) === "run_completed").length === 2,
    );
    const closed = await client.ask("session/stream_close", { stream_id });

    const told = client.messages.flatMap(({ method, params = {} }) =>
      method === "session/stream_event" ? [params] : [],
    );
    expect(new Set(told.map((params) => params.stream_id))).toEqual(new Set([stream_id]));
    expect(told.map(({ sequence }) => sequence)).toEqual(told.map((_, index) => index + 1));
    const events = told.map(({ event }) => Params.parse(event));
    expect(seqs(events)).toEqual(await logged(client, session_id));
    expect(closed).toEqual({ stream_id, closed: true, already_closed: false });
    expect(client.messages.filter(({ method }) => method === "session/stream_end")).toHaveLength(1);
  });
});

function typeOf(params: Record<string, unknown> | undefined): unknown {
  const { event } = params ?? {};
  return typeof event === "object" && event !== null && "type" in event ? event.type : undefined;
}

describe("rkat rpc, when the deployment is restarted", () => {
  it("brings a turn's rest and its result, in a session that a create had begun", async () => {
    const stateRoot = freshStateRoot();
    const server = await serve(stateRoot);
    const client = bridge(server.url);

    const id = client.send("session/create", { prompt: "slow story" });
    const first = await client.until(({ params }) => typeOf(params) === "text_delta");
    await restart(server, stateRoot);
    const { result } = await client.answer(id);

    const session_id = first.params?.session_id;
    const told = seqs(client.events(session_id));
    expect(result).toMatchObject({ session_id });
    expect(isRising(told)).toBe(true);
    expect(told).toEqual(expect.arrayContaining(await logged(client, session_id)));
    const types = client.events(session_id).map(({ type }) => type);
    expect(types.filter((type) => type === "run_completed")).toHaveLength(1);
    // The official SDKs know no `step_restarted`, and would end the stream there.
    expect(types).toContain("retrying");
    expect(types).not.toContain("step_restarted");
  });

  it("goes on when the runtime alone dies, and interrupts when asked to", async () => {
    const stateRoot = freshStateRoot();
    const server = await serve(stateRoot);
    const client = bridge(server.url);
    const { session_id } = await client.ask("session/create", { initial_turn: "deferred" });

    const id = client.send("turn/start", { session_id, prompt: "slow story" });
    await client.until(({ params }) => typeOf(params) === "text_delta");
    process.kill(runtimePid(stateRoot), "SIGKILL");
    const interrupt = client.send("turn/interrupt", { session_id });

    expect((await client.answer(interrupt)).result).toMatchObject({ interrupted: true });
    expect((await client.answer(id)).error).toMatchObject({
      code: -32005,
      data: { code: "REQUEST_CANCELLED" },
    });
    expect(isRising(seqs(client.events(session_id)))).toBe(true);
    const last = client.events(session_id).at(-1);
    expect(last).toMatchObject({ type: "run_failed", error_class: "cancelled" });
  });

  it("lets requests wait, and answers each once", async () => {
    const stateRoot = freshStateRoot();
    const server = await serve(stateRoot);
    const client = bridge(server.url);
    const { session_id } = await client.ask("session/create", { initial_turn: "deferred" });
    const port = new URL(server.url).port;
    await server.end("SIGTERM");

    const ids = [
      client.send("session/list", {}),
      client.send("turn/start", { session_id, prompt: "hello" }),
      client.send("session/inject_context", { session_id, text: "The moon is full." }),
      client.send("session/archive", { session_id: crypto.randomUUID() }),
    ];
    await serve(stateRoot, port);
    const answers = await Promise.all(ids.map((id) => client.answer(id)));

    expect(answers.map(({ error }) => error?.code)).toEqual([
      undefined,
      undefined,
      undefined,
      -32001,
    ]);
    for (const id of ids) {
      expect(client.messages.filter((message) => message.id === id)).toHaveLength(1);
    }
  });

  it("follows the server of its state root to another address", async () => {
    const stateRoot = freshStateRoot();
    const server = await serve(stateRoot);
    const client = new BridgeClient(["--realm", "team", "--state-root", stateRoot], {});
    clients.push(client);
    const id = client.send("session/create", { prompt: "slow story" });
    await client.until(({ params }) => typeOf(params) === "text_delta");

    await server.end("SIGKILL");
    await serve(stateRoot);
    const { result } = await client.answer(id);

    const { session_id } = z.looseObject({ session_id: z.string() }).parse(result);
    expect(isRising(seqs(client.events(session_id)))).toBe(true);
  });
});
