import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { BridgeClient, bridgeEnv, bridgePath, Params } from "./rpc-bridge/test-support.ts";
import {
  freshStateRoot,
  isGone,
  rkat,
  runtimePid,
  type Served,
  startServe,
  until,
} from "./test-support.ts";

// Every test starts processes, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const MIB = 1024 * 1024;

let server: Served;
const clients: BridgeClient[] = [];

beforeAll(async () => {
  server = await startServe(freshStateRoot());
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end("SIGKILL")));
});

afterAll(async () => {
  await server.end("SIGKILL");
});

function bridge(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): BridgeClient {
  const client = new BridgeClient(args, { RKAT_URL: server.url, ...env });
  clients.push(client);
  return client;
}

/** A bridge that must find its server on this machine, as there is no URL. */
function embedded(stateRoot: string): BridgeClient {
  return bridge(["--state-root", stateRoot], { RKAT_URL: "" });
}

describe("rkat rpc as a process", () => {
  it("answers what was asked before the client closed its end, then leaves", async () => {
    const client = bridge();
    const id = client.send("session/create", { prompt: "hello" });

    expect(await client.end()).toBe(0);

    expect((await client.answer(id)).result).toMatchObject({ turns: 1 });
    expect(client.stderr).toBe("");
  });

  it("does not make a turn wait for a tool of a client that is gone", async () => {
    const client = bridge();
    await client.ask("tools/register", { tools: [{ name: "probe" }] });
    client.onTool = () => new Promise(() => undefined);
    const id = client.send("session/create", { prompt: "tool:probe" });
    await client.until(({ method }) => method === "tool/execute");

    expect(await client.end()).toBe(0);

    const { result } = await client.answer(id);
    expect(result).toMatchObject({ text: expect.stringContaining("is gone") });
  });

  it("leaves on SIGTERM in mid-turn, and takes its own server along", async () => {
    const stateRoot = freshStateRoot();
    const client = embedded(stateRoot);
    client.send("session/create", { prompt: "slow story" });
    await client.until(({ method }) => method === "session/event");
    const runtime = runtimePid(stateRoot);

    expect(await client.end("SIGTERM")).toBe(0);

    await until(() => isGone(runtime));
  });

  it("leaves on SIGTERM while its server is still starting", async () => {
    const stateRoot = freshStateRoot();
    const client = embedded(stateRoot);
    client.send("initialize", {});
    await until(() => existsSync(join(stateRoot, "runtime.txt")));

    expect(await client.end("SIGTERM")).toBe(0);

    await until(() => isGone(runtimePid(stateRoot)));
  });

  it("joins the server of its state root, and leaves it running", async () => {
    const stateRoot = freshStateRoot();
    const host = await startServe(stateRoot);
    const client = bridge(["--realm", "team", "--state-root", stateRoot], { RKAT_URL: "" });
    await client.ask("session/create", { prompt: "hello" });

    expect(await client.end()).toBe(0);

    const reply = await fetch(`${host.url}/realms/team/sessions`);
    expect(await reply.json()).toMatchObject({ sessions: [{ is_active: false }] });
    expect((await host.end("SIGTERM")).code).toBe(0);
  });

  it("takes the flags of the original", async () => {
    const flags = ["--live-ws", "127.0.0.1:0", "--live-webrtc", "--live-tool-timeout-ms", "9"];
    const more = ["--instance", "worker-1", "--realm-backend", "jsonl", "--context-root", "/tmp"];
    const client = bridge([
      ...flags,
      "--realm",
      "team-alpha",
      ...more,
      "--user-config-root",
      "/tmp",
    ]);

    const envelope = await client.ask("config/get");

    expect(envelope).toMatchObject({ realm_id: "team-alpha" });
  });

  it("gives every client that names no realm one of its own", async () => {
    const [one, other] = [bridge(), bridge(["--isolated"])];
    await one.ask("session/create", { prompt: "hello" });

    expect(await other.ask("session/list")).toEqual({ sessions: [] });
    const { realm_id } = await one.ask("config/get");
    expect(realm_id).toMatch(/^realm-[0-9a-f]{8}-[0-9a-f]{4}-7/);
  });

  it.each([
    [["--realm", "a b"], {}, "invalid realm 'a b'"],
    [["--realm", "a", "--isolated"], {}, "--realm and --isolated exclude each other"],
    [[], { RKAT_CONTRACT_VERSION: "newest" }, "RKAT_CONTRACT_VERSION wants a version"],
  ])("refuses %j with %j", async (flags, env, message) => {
    const refused = await rkat(["rpc", ...flags], { RKAT_URL: server.url, ...env });

    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain(message);
  });

  it.each([["--version"], ["--help"]])("knows %s", async (flag) => {
    const child = spawn(process.execPath, [bridgePath, flag], { env: bridgeEnv({}) });
    const ended = once(child, "close");

    expect(await text(child.stdout)).toMatch(/\d+\.\d+\.\d+|rkat rpc/);
    await ended;
    expect(child.exitCode).toBe(0);
  });
});

describe("rkat rpc and what a client may send", () => {
  it("answers while a turn runs, and interrupts it", async () => {
    const client = bridge();
    const { session_id } = await client.ask("session/create", { initial_turn: "deferred" });
    const id = client.send("turn/start", { session_id, prompt: "slow story" });
    await client.until(({ method }) => method === "session/event");

    expect(await client.ask("session/read", { session_id })).toMatchObject({ is_active: true });
    expect(await client.ask("turn/interrupt", { session_id })).toMatchObject({ interrupted: true });
    expect((await client.answer(id)).error?.data).toMatchObject({ code: "REQUEST_CANCELLED" });
  });

  it("takes a turn back that the client cancels by its request", async () => {
    const client = bridge();
    const id = client.send("session/create", { prompt: "slow story" }, "a name of my own");
    await client.until(({ method }) => method === "session/event");

    client.write(`{"jsonrpc":"2.0","method":"cancel","params":{"request_id":"a name of my own"}}`);

    expect((await client.answer(id)).error).toMatchObject({ code: -32005 });
  });

  it.each([
    ["no JSON", "{oops", null, -32700],
    ["a batch", `[{"jsonrpc":"2.0","id":1,"method":"session/list"}]`, null, -32700],
    ["a number", "7", null, -32600],
    ["another version", `{"jsonrpc":"1.0","id":4,"method":"session/list"}`, 4, -32600],
    ["an id of a wrong type", `{"jsonrpc":"2.0","id":{},"method":"session/list"}`, null, -32600],
    ["no method", `{"jsonrpc":"2.0","id":5,"method":7}`, 5, -32600],
    ["an unknown method", `{"jsonrpc":"2.0","id":6,"method":"no/such"}`, 6, -32601],
    ["wrong params", `{"jsonrpc":"2.0","id":8,"method":"session/read","params":[1]}`, 8, -32602],
    ["an unknown stream", streamClose("nonsense"), 9, -32602],
  ])("answers %s, and stays usable", async (_what, line, id, code) => {
    const client = bridge();
    client.write(line);
    client.write("");

    const answer = await client.until(({ error }) => error !== undefined);
    expect(answer).toMatchObject({ id, error: { code, data: { code: expect.any(String) } } });
    expect(await client.ask("session/list")).toEqual({ sessions: [] });
  });

  it("tells why a deployment refuses it", async () => {
    const guarded = await startServe(freshStateRoot(), { RKAT_ADMIN_TOKEN: "secret" });
    const client = bridge([], { RKAT_URL: guarded.url, RKAT_TOKEN: "wrong" });
    const welcome = bridge([], { RKAT_URL: guarded.url, RKAT_TOKEN: "secret" });

    const { error } = await client.answer(client.send("initialize"));

    expect(error).toMatchObject({ code: -32030, data: { code: "UNAUTHORIZED" } });
    await welcome.ask("initialize");
    await guarded.end("SIGKILL");
  });

  it("passes lines of a mebibyte, and separators that only look like line ends", async () => {
    const client = bridge();
    const prompt = `\u2028${"é".repeat(MIB / 2)}\u2029`;

    const { session_id } = await client.ask("session/create", { prompt });
    await client.ask("turn/start", { session_id, prompt });

    const { messages } = await client.ask("session/history", { session_id });
    expect(messages).toEqual(
      expect.arrayContaining([expect.objectContaining({ role: "user", content: prompt })]),
    );
    const told = client.events(session_id).map(({ type }) => type);
    expect(told.filter((type) => type === "run_completed")).toHaveLength(2);
  });

  it("refuses what the deployment could not take, and goes on", async () => {
    const client = bridge();

    const id = client.send("session/create", { prompt: "x".repeat(33 * MIB) });

    expect((await client.answer(id)).error?.data).toMatchObject({ code: "PAYLOAD_TOO_LARGE" });
    expect(await client.ask("session/list")).toEqual({ sessions: [] });
  });

  it("loses nothing for a client that does not read for a while", async () => {
    const client = bridge(["--realm", "slow-reader"]);
    const other = bridge(["--realm", "slow-reader"]);
    const { session_id } = await client.ask("session/create", { initial_turn: "deferred" });
    const { stream_id } = await client.ask("session/stream_open", { session_id });
    await client.ask("session/read", { session_id });

    client.process.stdout.pause();
    const prompt = "x".repeat(100_000);
    for (let turn = 0; turn < 12; turn += 1) await other.ask("turn/start", { session_id, prompt });
    const scope = { type: "session", session_id };
    const { cursor } = await other.ask("events/latest_cursor", { scope });
    client.process.stdout.resume();
    const { sequence: newest } = Params.parse(cursor);
    await client.when(() => seqOf(client.messages.at(-1)?.params) === newest);

    const told = client.messages.flatMap(({ method, params }) =>
      method === "session/stream_event" ? [params] : [],
    );
    expect(new Set(told.map((params) => params?.stream_id))).toEqual(new Set([stream_id]));
    expect(told.map((params) => params?.sequence)).toEqual(told.map((_, index) => index + 1));
    const types = told.map((params) => Params.parse(params?.event).type);
    expect(types.filter((type) => type === "run_started")).toHaveLength(12);
    expect(types.filter((type) => type === "run_completed")).toHaveLength(12);
    expect(new Set(told.map(seqOf)).size).toBe(told.length);
  });
});

function streamClose(stream_id: string): string {
  const method = "session/stream_close";
  return JSON.stringify({ jsonrpc: "2.0", id: 9, method, params: { stream_id } });
}

function seqOf(params: unknown): unknown {
  const { event } = Params.safeParse(params).data ?? {};
  return Params.safeParse(event).data?.seq;
}
