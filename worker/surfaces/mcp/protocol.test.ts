import { exports } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { newRealm } from "../../../durable-objects/test-support.ts";
import { failed } from "./failure.ts";
import { McpTestClient, type Message, post } from "./test-client.ts";
import type { Json } from "./tool.ts";

const eras = ["legacy", "modern"] as const;
const demo = { model: "demo" };
const accepts = [
  "text/event-stream",
  "application/json",
  "*/*",
  "application/json, text/event-stream",
];
const nobody = "01936f8a-7b2c-7000-8000-000000000001";

function client(options: Partial<ConstructorParameters<typeof McpTestClient>[0]> = {}) {
  return new McpTestClient({ era: "modern", realm: newRealm(), ...options });
}

describe("a call that cannot be served", () => {
  it.each(eras)("is the client's fault when it does not fit its method (%s)", async (era) => {
    const { error } = await client({ era }).ask("resources/read", { uri: { not: "text" } });

    expect(error).toMatchObject({ code: -32602, message: expect.stringContaining("uri") });
  });

  it.each(eras)("names the unknown tool (%s)", async (era) => {
    const answer = await client({ era }).ask("tools/call", { name: "meerkat_dance" });

    expect(answer.error).toMatchObject({ code: -32602, message: "Unknown tool: meerkat_dance" });
  });

  it.each([
    ["meerkat_run", {}, "prompt", "stream"],
    ["meerkat_run", { prompt: "x", provider: "acme" }, "provider", "anthropic"],
    [
      "meerkat_run",
      { prompt: "x", budget_limits: { max_tokens: -1 } },
      "budget_limits.max_tokens",
      ">0",
    ],
    ["meerkat_resume", { prompt: "x" }, "session_id", "session_id"],
    ["meerkat_config", { action: "burn" }, "action", "patch"],
    ["meerkat_config", { action: "set" }, "config", "record"],
    ["meerkat_event_stream_read", { stream_id: 1 }, "stream_id", "max_events"],
    ["meerkat_sessions", { limit: -1 }, "limit", ">=0"],
  ])("%s: says which argument is wrong, and what is allowed", async (name, args, path, allowed) => {
    const failure = await client().failure(name, args);

    expect(failure).toMatchObject({ code: "INVALID_PARAMS", category: "validation" });
    const { details } = failure as { details: { issues: { path: string }[] } };
    expect(details.issues.map((issue) => issue.path)).toContain(path);
    expect(JSON.stringify(failure)).toContain(allowed);
  });

  it.each([
    ["meerkat_read", { session_id: nobody }],
    ["meerkat_resume", { session_id: nobody, prompt: "hi" }],
    ["meerkat_archive", { session_id: nobody }],
    ["meerkat_event_stream_open", { session_id: nobody }],
  ])("%s: an unknown session is told with what to do next", async (name, args) => {
    expect(await client().failure(name, args)).toMatchObject({
      code: "SESSION_NOT_FOUND",
      category: "session",
      next: expect.stringContaining("meerkat_sessions"),
    });
  });

  it("tells a stream of another realm apart from nothing at all: not at all", async () => {
    const one = client();
    const { session_id } = await one.payload("meerkat_run", { prompt: "hi", ...demo });
    const { stream_id } = await one.payload("meerkat_event_stream_open", { session_id });

    expect(await client().failure("meerkat_event_stream_read", { stream_id })).toMatchObject({
      code: "NOT_FOUND",
    });
    expect(await client().failure("meerkat_read", { session_id })).toMatchObject({
      code: "SESSION_NOT_FOUND",
    });
  });

  it("refuses a cursor above the newest event, on open and on read", async () => {
    const me = client();
    const { session_id } = await me.payload("meerkat_run", { prompt: "hi", ...demo });
    const ahead = { code: "INVALID_PARAMS", details: { reason: "ahead_of_latest" } };

    expect(
      await me.failure("meerkat_event_stream_open", { session_id, after: 9_999 }),
    ).toMatchObject(ahead);
    const { stream_id } = await me.payload("meerkat_event_stream_open", { session_id });
    expect(
      await me.failure("meerkat_event_stream_read", { stream_id, after: 9_999 }),
    ).toMatchObject(ahead);
  });

  it("shows a conflict of generations with both numbers", async () => {
    const set = { action: "set", config: {}, expected_generation: 7 };

    expect(await client().failure("meerkat_config", set)).toMatchObject({
      code: "INVALID_PARAMS",
      details: { type: "generation_conflict", expected_generation: 7, current_generation: 0 },
    });
  });

  it("tells of a failed first turn whose session it is, and that it can go on", async () => {
    const failure = await client().failure("meerkat_run", { prompt: "fail", ...demo });

    expect(failure).toMatchObject({
      code: "PROVIDER_ERROR",
      details: { session_created: true, resumable: true, session_id: expect.any(String) },
    });
  });

  it("keeps to itself what an unknown error says", () => {
    const told = JSON.stringify(failed(new TypeError("secret at vendor.js:1")));

    expect(told).toContain("INTERNAL_ERROR");
    expect(told).not.toContain("secret");
  });

  it("says which session is busy, and what to do", async () => {
    const me = client();
    const { session_id } = await me.payload("meerkat_run", {
      prompt: "slow",
      wait: false,
      ...demo,
    });

    expect(await me.failure("meerkat_resume", { session_id, prompt: "x" })).toMatchObject({
      code: "SESSION_BUSY",
      next: expect.stringContaining("meerkat_interrupt"),
    });
    await me.payload("meerkat_interrupt", { session_id });
  });
});

describe("a message that is no request", () => {
  it.each([
    ["{", 400, -32700],
    ['{"jsonrpc":"1.0","id":1,"method":"ping"}', 400, -32600],
    ["[]", 400, -32600],
  ])("%s is refused as the specification says", async (body, status, code) => {
    const response = await post(undefined, body);

    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ jsonrpc: "2.0", error: { code } });
  });

  it("is refused in another content type, and when it is too large", async () => {
    const text = await post(undefined, "{}", { "content-type": "text/plain" });
    expect(text.status).toBe(415);
    const huge = await post(undefined, `{"a":"${"x".repeat(32 * 1024 * 1024)}"}`);
    expect(huge.status).toBe(413);
    expect(await huge.json()).toMatchObject({
      jsonrpc: "2.0",
      error: { data: { code: "PAYLOAD_TOO_LARGE", details: { max_bytes: 32 * 1024 * 1024 } } },
    });
  });

  it("is refused from a foreign page, before anything is read", async () => {
    const response = await post(undefined, "{}", { origin: "https://evil.example" });

    expect(response.status).toBe(403);
    await response.body?.cancel();
  });

  it("may not open a stream by GET, which has no sessions to belong to", async () => {
    for (const method of ["GET", "DELETE"]) {
      const response = await exports.default.fetch(
        new Request("http://localhost/mcp", { method, headers: { accept: "text/event-stream" } }),
      );
      expect(response.status).toBe(405);
      await response.body?.cancel();
    }
  });

  it("of an unknown revision is told which ones there are", async () => {
    const exchange = await client({ headers: { "mcp-protocol-version": "2099-01-01" } }).send(
      "tools/list",
      { _meta: { "io.modelcontextprotocol/protocolVersion": "2099-01-01" } },
    );

    expect(exchange.status).toBe(400);
    expect(await exchange.answer()).toMatchObject({
      error: { code: -32022, data: { supported: ["2026-07-28"] } },
    });
  });

  it.each(["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05", "1999-01-01"])(
    "opens in revision %s, or in the newest that both can have",
    async (protocolVersion) => {
      const clientInfo = { name: "test", version: "0" };
      const exchange = await client({ era: "legacy" }).send("initialize", {
        protocolVersion,
        capabilities: {},
        clientInfo,
      });
      const { result } = await exchange.answer();

      const known = protocolVersion !== "1999-01-01";
      expect(result).toMatchObject({
        protocolVersion: known ? protocolVersion : "2025-11-25",
        instructions: expect.stringContaining("meerkat_run"),
      });
      expect(exchange.headers.get("mcp-session-id")).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  it.each(eras.flatMap((era) => accepts.map((accept) => [era, accept] as const)))(
    "is answered whatever its client reads (%s, %s)",
    async (era, accept) => {
      const exchange = await client({ era, headers: { accept } }).send("tools/list");

      expect(exchange.status).toBe(200);
      expect((await exchange.answer()).result).toHaveProperty("tools");
      const readable = accept === "application/json" ? /json/ : /json|event-stream/;
      expect(exchange.headers.get("content-type")).toMatch(readable);
    },
  );
});

describe("a resource", () => {
  it.each(eras)("is a session's transcript or its log, listed and completed (%s)", async (era) => {
    const realm = newRealm();
    const me = client({ era, realm });
    const { session_id } = await me.payload<{ session_id: string }>("meerkat_run", {
      prompt: "hi",
      ...demo,
    });
    const uri = `meerkat://${realm}/sessions/${session_id}`;

    const { result: listed } = await me.ask("resources/list");
    expect(listed).toMatchObject({ resources: [{ uri, mimeType: "application/json" }] });
    const { result: templates } = await me.ask("resources/templates/list");
    expect(templates).toMatchObject({
      resourceTemplates: [
        { uriTemplate: "meerkat://{realm}/sessions/{id}" },
        { uriTemplate: "meerkat://{realm}/sessions/{id}/events{?after}" },
      ],
    });
    expect(JSON.parse(await text(me, uri))).toMatchObject({ session_id, has_more: false });
    const log = (await text(me, `${uri}/events`))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(log.at(-1)).toMatchObject({ type: "run_completed" });
    const rest = await text(me, `${uri}/events?after=${String(log.at(-2)?.["seq"])}`);
    expect(JSON.parse(rest)).toEqual(log.at(-1));
    const { result } = await me.ask("completion/complete", {
      ref: { type: "ref/resource", uri: "meerkat://{realm}/sessions/{id}" },
      argument: { name: "id", value: session_id.slice(0, 4) },
    });
    expect(result).toMatchObject({ completion: { values: [session_id] } });
  });

  it("of another realm or of no session is not found", async () => {
    const me = client();
    for (const uri of [`meerkat://other/sessions/${nobody}`, "meerkat://x", "nonsense"]) {
      expect((await me.ask("resources/read", { uri })).error).toMatchObject({ code: -32602 });
    }
  });
});

describe("the hand-over", () => {
  it.each(eras)("tells another agent all it needs (%s)", async (era) => {
    const me = client({ era });
    const { session_id } = await me.payload("meerkat_run", { prompt: "hi", ...demo });
    const { result } = await me.ask("prompts/get", {
      name: "meerkat_hand_over",
      arguments: { session_id, task: "finish it" },
    });

    expect(JSON.stringify(result)).toContain("finish it");
    expect(result).toMatchObject({
      messages: [{ role: "user" }, { content: { type: "resource" } }],
    });
    const missing = await me.ask("prompts/get", { name: "meerkat_hand_over", arguments: {} });
    expect(missing.error).toMatchObject({ code: -32602 });
  });
});

describe("a turn as a task", () => {
  const me = () => client({ takesTasks: true });

  it("is polled to its result", async () => {
    const it = me();
    const { result: task } = await it.ask("tools/call", run("hello"));

    expect(task).toMatchObject({ resultType: "task", status: "working", ttlMs: null });
    expect(await polled(it, task)).toMatchObject({
      status: "completed",
      result: { structuredContent: { status: "completed", turns: 1 } },
    });
  });

  it("is cancelled, once and again", async () => {
    const it = me();
    const { result: task } = await it.ask("tools/call", run("slow please"));
    const { taskId } = task as Json;

    for (let time = 0; time < 2; time += 1) {
      const { result } = await it.ask("tasks/cancel", { taskId });
      expect(result).toMatchObject({ resultType: "complete" });
    }
    expect(await polled(it, task)).toMatchObject({ status: "cancelled" });
  });

  it("that fails is a completed task with a failed result", async () => {
    const it = me();
    const { result: task } = await it.ask("tools/call", run("fail"));

    expect(await polled(it, task)).toMatchObject({
      status: "completed",
      result: { isError: true },
    });
  });

  it("is given to nobody who did not ask for tasks, and is bound to its realm", async () => {
    const { result: task } = await me().ask("tools/call", run("hello"));
    const { taskId } = task as Json;

    expect((await client().ask("tools/call", run("hello"))).result).not.toHaveProperty("taskId");
    expect((await client().ask("tasks/get", { taskId })).error).toMatchObject({ code: -32021 });
    for (const id of [taskId, "nonsense", `${nobody}.${nobody}.1`]) {
      expect((await me().ask("tasks/get", { taskId: id })).error).toMatchObject({ code: -32602 });
    }
  });
});

function run(prompt: string): Json {
  return { name: "meerkat_run", arguments: { prompt, ...demo } };
}

async function polled(of: McpTestClient, task: Message["result"]): Promise<Json | undefined> {
  const ended = async () => {
    const { result } = await of.ask("tasks/get", { taskId: task?.["taskId"] });
    return result?.["status"] !== "working" && { result };
  };
  // Asking without a pause would keep the runtime from hearing what is waited for.
  const { result } = await vi.waitUntil(ended, { timeout: 20_000 });
  return result;
}

async function text(of: McpTestClient, uri: string): Promise<string> {
  const { result } = await of.ask("resources/read", { uri });
  const contents = (result?.["contents"] ?? []) as { text: string }[];
  return contents.map(({ text }) => text).join("");
}
