import { describe, expect, it } from "vitest";
import { errorCodes, type ErrorCode, operationList } from "../../sdk/contract/index.ts";
import { send } from "../test-support.ts";
import { McpTestClient } from "./mcp/test-client.ts";
import { openapi } from "./openapi.ts";

type Json = Record<string, unknown>;

const unknownSession = "0193f2a0-0000-7000-8000-000000000000";
const values: Record<string, string> = {
  session_id: unknownSession,
  run_id: "run",
  input_id: "input",
  // Not the one that the others use: one operation deletes it.
  realm_id: "parity",
};

async function rest(
  method: string,
  path: string,
  body?: Json,
): Promise<{ status: number; body: Json }> {
  const response = await send(path, {
    method,
    ...(body
      ? { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }
      : {}),
  });
  return { status: response.status, body: await response.json() };
}

async function rpc(method: string, params: Json): Promise<Json> {
  const { body } = await rest("POST", "/rpc", { jsonrpc: "2.0", id: 1, method, params });
  return body;
}

/** The least that makes each operation's input valid, so that the session decides. */
const bodies: Record<string, Json> = {
  "session/create": { prompt: "hi", model: "demo" },
  "session/inject_context": { text: "x" },
  "turn/start": { prompt: "hi" },
  "turn/answer": { tool_results: [{ tool_use_id: "t", content: "x" }] },
  "config/set": { config: {} },
  "config/patch": { patch: {} },
  "events/latest_cursor": { scope: { type: "session", session_id: unknownSession } },
  "events/list_since": { scope: { type: "session", session_id: unknownSession } },
  "events/snapshot": { scope: { type: "session", session_id: unknownSession } },
};

/** An answer without what was measured for it alone. */
function lasting(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer), (_key, value: unknown) =>
    typeof value === "object" && value !== null && "unit" in value ? { ...value, value: 0 } : value,
  );
}

describe.each(operationList)("%s", (name, { http: [method, path], bareBody }) => {
  const filled = path.replaceAll(/:(\w+)/g, (_, key: string) => values[key] ?? key);
  const inPath = Object.fromEntries(
    [...path.matchAll(/:(\w+)/g)].map(([, key = ""]) => [key, values[key]]),
  );
  const needsSession = path.includes(":session_id") || path.startsWith("/events/");

  it("has a route, a method and a place in the OpenAPI document", async () => {
    const overRest = await rest(method, filled, method === "GET" ? undefined : {});
    const overRpc = await rpc(name, { ...inPath });
    const { paths } = openapi("http://localhost");

    expect(overRest.body.code).not.toBe("NOT_FOUND");
    expect(overRpc.error).not.toMatchObject({ code: -32601 });
    const template = path.replaceAll(/:(\w+)/g, "{$1}");
    expect((paths as Record<string, Json>)[template]).toHaveProperty(method.toLowerCase());
  });

  it.runIf(needsSession)("says the same of an unknown session on every surface", async () => {
    const body = bodies[name];
    const overRest = await rest(method, filled, method === "GET" ? undefined : (body ?? {}));
    const overRpc = await rpc(name, { ...inPath, ...body });

    expect(overRest.body).toMatchObject({ code: "SESSION_NOT_FOUND" });
    expect(overRest.status).toBe(errorCodes.SESSION_NOT_FOUND.status);
    expect(overRpc.error).toMatchObject({
      code: errorCodes.SESSION_NOT_FOUND.rpc,
      message: overRest.body.error,
      data: { code: "SESSION_NOT_FOUND" satisfies ErrorCode },
    });
  });

  it.runIf(needsSession && path.includes(":session_id"))(
    "says the same of a malformed id on every surface",
    async () => {
      const wrong = filled.replace(unknownSession, "nope");
      const overRest = await rest(
        method,
        wrong,
        method === "GET" ? undefined : (bodies[name] ?? {}),
      );
      const overRpc = await rpc(name, { ...inPath, session_id: "nope", ...bodies[name] });

      expect(overRest).toMatchObject({ status: 400, body: { code: "BAD_REQUEST" } });
      expect(overRpc.error).toMatchObject({ code: -32602, message: overRest.body.error });
    },
  );

  it.runIf(method === "GET" && !needsSession)("answers the same on every surface", async () => {
    for (const realm_id of ["default", "parity"]) await rest("POST", "/realms", { realm_id });
    const overRest = await rest(method, filled);
    const overRpc = await rpc(name, inPath);

    expect(overRest.status).toBe(200);
    expect(lasting(overRpc.result)).toEqual(lasting(overRest.body));
  });

  it.runIf(bareBody)("takes its one member's value alone", async () => {
    expect((await rest(method, filled, {})).status).toBe(200);
    expect(await rpc(name, {})).toHaveProperty("result.generation");
  });
});

describe("one session", () => {
  it("is the same seen over every surface", async () => {
    const created = await rpc("session/create", { prompt: "hi", model: "demo" });
    const { session_id } = created.result as { session_id: string };

    const [info, overRpc] = [
      await rest("GET", `/sessions/${session_id}`),
      (await rpc("session/read", { session_id })).result as Json,
    ];
    expect({ ...info.body, created_at: 0, updated_at: 0 }).toEqual({
      ...overRpc,
      created_at: 0,
      updated_at: 0,
    });
    expect((await rest("GET", `/sessions/${session_id}/history`)).body).toEqual(
      (await rpc("session/history", { session_id })).result,
    );
    const run = (created.result as { run_id: string }).run_id;
    expect((await rest("GET", `/sessions/${session_id}/runs/${run}`)).body).toEqual(created.result);
  });
});

describe("a session's transcript", () => {
  const mcp = new McpTestClient({ era: "modern" });
  const surfaces = {
    rest: async (verb: "fork" | "rewind", { session_id, ...rest_ }: Json) =>
      (await rest("POST", `/sessions/${String(session_id)}/${verb}`, rest_)).body,
    rpc: async (verb: "fork" | "rewind", params: Json) => {
      const method = verb === "fork" ? "session/fork_at" : "session/rewind";
      const { result, error } = await rpc(method, params);
      return (result ?? (error as Json).data) as Json;
    },
    mcp: async (verb: "fork" | "rewind", args: Json) => {
      const { structuredContent, content } = await mcp.call(`meerkat_${verb}`, args);
      return structuredContent ?? JSON.parse(content?.[0]?.text ?? "");
    },
  };

  it.each(Object.entries(surfaces))("is forked and rewound over %s", async (_name, ask) => {
    const created = await rpc("session/create", { prompt: "hi", model: "demo" });
    const { session_id } = created.result as { session_id: string };

    const forked = await ask("fork", { session_id, at: 2, labels: { team: "web" } });
    const rewound = await ask("rewind", { session_id });
    const tooFar = await ask("rewind", { session_id });

    expect(forked).toEqual({
      session_id: expect.any(String),
      session_ref: `default:${String(forked["session_id"])}`,
      from_session_id: session_id,
      message_count: 2,
    });
    expect(rewound).toEqual({
      session_id,
      message_count: 1,
      removed_messages: 2,
      seq: expect.any(Number),
    });
    expect(tooFar).toMatchObject({ details: { turns: 0 } });
    expect((await rest("GET", `/sessions/${String(forked["session_id"])}`)).body).toMatchObject({
      message_count: 2,
      labels: { team: "web" },
    });
    const removed = `/sessions/${session_id}/history?rewind_seq=${String(rewound["seq"])}`;
    expect((await rest("GET", removed)).body).toMatchObject({
      message_count: 2,
      messages: [{ role: "user", content: "hi" }, { role: "block_assistant" }],
    });
  });

  it("is forked once for a key, which then creates no session", async () => {
    const created = await rpc("session/create", { prompt: "hi", model: "demo" });
    const { session_id } = created.result as { session_id: string };
    const idempotency_key = crypto.randomUUID();

    const forked = await surfaces.rest("fork", { session_id, idempotency_key });
    const again = await surfaces.rpc("fork", { session_id, message_index: 3, idempotency_key });
    const same = await surfaces.rpc("fork", { session_id, idempotency_key });
    const other = await rest("POST", "/sessions", { prompt: "hi", model: "demo", idempotency_key });

    expect(same).toEqual(forked);
    expect(again).toMatchObject({ code: "CONFLICT" });
    expect(other).toMatchObject({ status: 409, body: { code: "CONFLICT" } });
  });

  it.each([{ at: 0 }, { at: 1.5 }, { at: 1, message_index: 1 }, { labels: { role: "x" } }])(
    "is not forked at %j",
    async (params) => {
      const refused = await surfaces.rpc("fork", { session_id: unknownSession, ...params });

      expect(refused).toMatchObject({ code: "INVALID_PARAMS" });
    },
  );
});
