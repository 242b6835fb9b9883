import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { dialects } from "../durable-objects/providers/wire/dialects.ts";
import { chunks } from "../durable-objects/providers/wire/openai.ts";
import { newRealm, realmStub, vendor } from "../durable-objects/test-support.ts";
import { partsOf } from "../sdk/contract/index.ts";
import { app } from "./app.ts";
import type { RealmParts } from "./index.ts";
import { RpcTestClient } from "./surfaces/rpc/test-client.ts";

/** One secret for each place that holds one; no pattern of a vendor would recognise them all. */
const planted = {
  admin: "canary-admin-token-4711",
  wrongToken: "canary-wrong-token-4712",
  config: "canary-config-key-4713",
  list: "canary-config-header-4714",
  header: "canary-header-4715",
  query: "canary-query-4716",
  address: "canary-address-4717",
};
/** Those of the deployment's own, as vitest.config.ts sets them. */
const keys = ["sk-ant-test-0123456789", "sk-test-0123456789", "AIzaTest0123456789"];

const deployed = { ...env, RKAT_ADMIN_TOKEN: planted.admin, RKAT_LOG_LEVEL: "debug" };
const levels = ["debug", "error", "info", "log", "trace", "warn"] as const;

/** Everything that a test's requests were answered with, and everything that was logged meanwhile. */
let emitted: string[];

beforeEach(() => {
  emitted = [];
  for (const level of levels) {
    vi.spyOn(console, level).mockImplementation((...args) => void emitted.push(written(args)));
  }
});

afterEach(() => vi.restoreAllMocks());

/** As a log would show it: errors with their stacks, causes and fields. */
function written(args: readonly unknown[]): string {
  return args
    .map((arg) =>
      arg instanceof Error
        ? `${arg.stack} ${written([arg.cause])} ${JSON.stringify(arg)}`
        : (JSON.stringify(arg) ?? ""),
    )
    .join(" ");
}

async function ask(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
) {
  const request = new Request(`https://edge.example${path}`, {
    method,
    headers: {
      authorization: `Bearer ${planted.admin}`,
      "content-type": "application/json",
      "x-canary": planted.header,
      cookie: `session=${planted.header}`,
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const response = await app.fetch(request, deployed);
  const text = await response.text();
  emitted.push([...response.headers].join(" "), text);
  return { status: response.status, text };
}

/** Every row of every table of an object. */
function rowsOf(stub: DurableObjectStub): Promise<string[]> {
  return runInDurableObject(stub, (_, { storage: { sql } }) => {
    const tables = sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
      .toArray()
      .filter(({ name }) => !name.startsWith("_cf_"));
    return tables.flatMap(({ name }) =>
      sql
        .exec(`SELECT * FROM "${name}"`)
        .toArray()
        .map((row) => `${name}: ${Object.values(row).map(asText).join(" ")}`),
    );
  });
}

function asText(value: unknown): string {
  return value instanceof ArrayBuffer ? new TextDecoder().decode(value) : String(value);
}

/** The places that hold one of these secrets. */
function leaks(places: readonly string[], secrets: readonly string[]): string[] {
  return places.filter((place) => secrets.some((secret) => place.includes(secret)));
}

const all = [...Object.values(planted), ...keys];

/** Uses a realm the way its tenant, its administrator and a stranger do. */
async function useRealm(realm: string): Promise<string> {
  const at = `/realms/${realm}`;
  const secrets = {
    provider: { type: "anthropic", api_key: planted.config },
    mcp: { servers: [{ name: "tools", headers: { authorization: planted.list } }] },
    hooks: { url: `https://hooks.example/call?team=a&access_token=${planted.address}` },
  };
  await ask("PUT", `${at}/config`, { config: secrets });
  await ask("PATCH", `${at}/config`, { patch: { agent: { max_turns: 5 } } });
  await ask("PATCH", `${at}/config`, {
    patch: { provider: { api_key: { wrong: planted.config } } },
  });
  await ask("GET", `${at}/config/history`);
  await ask("POST", `${at}/config/restore`, { generation: 1 });

  const model = await vendor("anthropic", { chunks: chunks(dialects.anthropic.says("Hi")) });
  const made = await ask("POST", `${at}/sessions`, { prompt: "Hello", model: model.model });
  const { session_id } = JSON.parse(made.text) as { session_id: string };
  const session = `${at}/sessions/${session_id}`;
  for (const path of ["", "/history", "/status", "/inputs"]) await ask("GET", session + path);
  await ask("POST", `${at}/rpc`, rpc("events/list_since", { session_id }));
  await ask("GET", "/capabilities");
  await ask("GET", `${at}/models/catalog`);
  const stranger = { authorization: `Bearer ${planted.wrongToken}` };
  await ask("GET", session, undefined, stranger);
  await ask("GET", `${session}?ticket=${planted.query}`, undefined, stranger);
  await ask("POST", `${at}/mcp`, rpc("tools/list", {}));
  return session_id;
}

function rpc(method: string, params: object) {
  return { jsonrpc: "2.0", id: 1, method, params };
}

describe("a secret", () => {
  it("is in nothing that is answered, logged or stored", async () => {
    const realm = newRealm();
    const sessionId = await useRealm(realm);

    const session = await rowsOf(env.SESSIONS.getByName(`${realm}/${sessionId}`));
    const stored = await rowsOf(realmStub(realm));

    expect(leaks(emitted, all)).toEqual([]);
    expect(leaks(session, all)).toEqual([]);
    expect(leaks(stored, all)).toEqual([]);
    // Else nothing was planted, and the three above say nothing.
    const inUse = await partsOf<RealmParts>(realmStub(realm)).credentials.inUse();
    expect(leaks([JSON.stringify(inUse)], [planted.config])).toHaveLength(1);
    expect(leaks([JSON.stringify(inUse)], [planted.address])).toHaveLength(1);
    expect(emitted.join().includes("[redacted]")).toBe(true);
  });

  it.each(["anthropic", "openai", "gemini"] as const)(
    "of the deployment is not told when %s repeats it",
    async (name) => {
      const realm = newRealm();
      const key = keys[["anthropic", "openai", "gemini"].indexOf(name)] ?? "";
      const echo = { type: "authentication_error", message: `No such key: <${key}> in ${key}` };
      const refusals = [
        { status: 401, chunks: [{ data: JSON.stringify({ type: "error", error: echo }) }] },
        { status: 400, chunks: [{ data: `proxy: x-api-key was ${key}` }] },
        { status: 403, chunks: [{ data: JSON.stringify({ error: { ...echo, code: 403 } }) }] },
      ];
      const model = await vendor(name, ...refusals);
      const ids: string[] = [];
      for (const _ of refusals) {
        const body = { prompt: "Hello", model: model.model, provider: name };
        const { text } = await ask("POST", `/realms/${realm}/sessions`, body);
        const { details } = JSON.parse(text) as { details: { session_id: string } };
        ids.push(details.session_id);
        await ask("GET", `/realms/${realm}/sessions/${details.session_id}/history`);
      }

      const objects = ids.map((id) => rowsOf(env.SESSIONS.getByName(`${realm}/${id}`)));
      const asked = await model.requests();

      expect(JSON.stringify(asked)).toContain(key);
      expect(emitted.join()).toContain("[hidden]");
      expect(leaks(emitted, [key])).toEqual([]);
      expect(leaks((await Promise.all(objects)).flat(), [key])).toEqual([]);
    },
  );

  it("of a client is in no line and no data point, nor is anything that it said", async () => {
    const realm = newRealm();
    const said = "canary-content-4717";
    const points: unknown[] = [];
    const dataset = Object.getPrototypeOf(env.METRICS) as AnalyticsEngineDataset;
    vi.spyOn(dataset, "writeDataPoint").mockImplementation((point) => void points.push(point));
    const call = { id: "call-1", name: said, args: { city: said } };
    const model = await vendor(
      "anthropic",
      { chunks: chunks(dialects.anthropic.calls([call])) },
      { chunks: chunks(dialects.anthropic.says(said)) },
      { status: 400, chunks: [{ data: JSON.stringify({ error: { message: said } }) }] },
    );
    const answered: string[] = [];
    const asked = async (path: string, body: object) => {
      const before = emitted.length;
      const { text } = await ask("POST", `/realms/${realm}${path}`, body, {
        "user-agent": "client/1.0",
        accept: "application/json, text/event-stream",
      });
      // Answers may say it: only what was logged is of interest.
      emitted = emitted.filter((line, at) => at < before || !line.includes(text));
      answered.push(text);
    };

    const turn = { prompt: said, model: model.model, system_prompt: said, labels: { x: said } };
    await asked("/sessions", { ...turn, enable_builtins: true });
    const run = { name: "meerkat_run", arguments: { prompt: said, model: model.model } };
    await asked("/mcp", rpc("tools/call", run));

    expect(leaks(answered, [said])).toHaveLength(2);
    expect(emitted.filter((line) => line.includes("turn"))).toHaveLength(2);
    expect(emitted.filter((line) => line.includes("mcp_call"))).toHaveLength(1);
    expect(points).toHaveLength(2);
    expect(leaks([...emitted, JSON.stringify(points)], [said, ...all])).toEqual([]);
  });

  it("that is an access token or a share is told once, and stored as a digest only", async () => {
    const realm = newRealm();
    const sessionId = await useRealm(realm);
    const at = `/realms/${realm}`;
    const made = [
      await ask("POST", `${at}/tokens`, { name: "ci", scopes: ["read", "run"] }),
      await ask("POST", `${at}/sessions/${sessionId}/share`, {}),
    ].map(({ text }) => (JSON.parse(text) as { token: string }).token);
    emitted = [];

    for (const token of made) {
      const headers = { authorization: `Bearer ${token}` };
      await ask("GET", "/tokens/self", undefined, headers);
      await ask("GET", `${at}/sessions/${sessionId}/history`, undefined, headers);
      await ask("DELETE", `${at}/sessions/${sessionId}`, undefined, headers);
      await ask("GET", "/sessions", undefined, { authorization: `Bearer ${token.slice(0, -1)}` });
      await ask("POST", `${at}/rpc`, rpc("tokens/create", { name: token }), headers);
    }
    for (const path of ["/tokens", "/audit", "/audit/verify"]) await ask("GET", at + path);

    const secrets = made.map((token) => token.split(".")[2] ?? "");
    const stored = [
      ...(await rowsOf(realmStub(realm))),
      ...(await rowsOf(env.SESSIONS.getByName(`${realm}/${sessionId}`))),
    ];
    expect(secrets.every((secret) => secret.length === 43)).toBe(true);
    expect(leaks([...emitted, ...stored], secrets)).toEqual([]);
  });

  it("that admits a socket is spent, and stored as a digest only", async () => {
    const realm = newRealm();
    const { text } = await ask("POST", `/realms/${realm}/tickets`);
    const { ticket } = JSON.parse(text) as { ticket: string };
    const unspent = await rowsOf(realmStub(realm));
    emitted = [];

    const socket = await RpcTestClient.connect(`/realms/${realm}/rpc?ticket=${ticket}`);
    const made = await socket.call("session/create", { initial_turn: "deferred", model: "demo" });
    const again = await ask("GET", `/realms/${realm}/sessions?ticket=${ticket}`);

    const second = await ask("POST", `/realms/${realm}/tickets`);
    const { ticket: spent } = JSON.parse(second.text) as { ticket: string };
    emitted = [];
    const session = `/realms/${realm}/sessions/${String(made["session_id"])}`;
    // An event's fields are free: whatever stood in the query would be shown to the model.
    const told = await ask("POST", `${session}/external-events?ticket=${spent}`, { kind: "note" });
    const rows = await rowsOf(env.SESSIONS.getByName(`${realm}/${String(made["session_id"])}`));

    expect(again.status).toBe(401);
    expect(told.status).toBe(202);
    expect(rows.join()).toContain("EXTERNAL EVENT");
    expect(leaks([...rows, ...emitted], [spent])).toEqual([]);
    expect(unspent.filter((row) => row.startsWith("tickets: "))).toHaveLength(1);
    expect(leaks([...unspent, ...emitted, JSON.stringify(socket.received)], [ticket])).toEqual([]);
  });
});
