import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import {
  crash,
  newRealm,
  newSession,
  realmStub,
  vendor,
} from "../../../durable-objects/test-support.ts";
import { dialects } from "../../../durable-objects/providers/wire/dialects.ts";
import { McpTestClient, type Message } from "./test-client.ts";
import type { Json } from "./tool.ts";

const eras = ["legacy", "modern"] as const;
const demo = { model: "demo" };

const isEvent =
  (type: string) =>
  ({ params }: Message): boolean =>
    params?.data?.event.type === type;

interface Turn {
  session_id: string;
  session_ref: string;
  run_id: string;
  status: string;
  content: { text: string }[];
  after: number;
}

function client(options: Partial<ConstructorParameters<typeof McpTestClient>[0]> = {}) {
  return new McpTestClient({ era: "modern", realm: newRealm(), ...options });
}

async function startedSlowly(of: McpTestClient, args: Json = {}): Promise<Turn> {
  return of.payload<Turn>("meerkat_run", { prompt: "slow please", ...demo, wait: false, ...args });
}

describe("the tools", () => {
  it.each(eras)("are the same every time, and cheap (%s)", async (era) => {
    const { result } = await client({ era }).ask("tools/list");

    const bytes = JSON.stringify({ tools: result?.["tools"] }).length;
    console.info(`tools/list costs about ${Math.ceil(bytes / 4)} tokens of 6000`);
    expect(Math.ceil(bytes / 4)).toBeLessThan(6_000);
    await expect(`${JSON.stringify(result?.["tools"], null, 2)}\n`).toMatchFileSnapshot(
      "tools.snap",
    );
  });

  it("each say all that a directory asks for", async () => {
    const { result } = await client().ask("tools/list");

    for (const tool of (result?.["tools"] ?? []) as Json[]) {
      expect(tool).toMatchObject({
        name: expect.stringMatching(/^meerkat_[a-z_]{1,50}$/),
        title: expect.any(String),
        description: expect.any(String),
        inputSchema: { type: "object" },
        outputSchema: { type: "object" },
        annotations: {
          readOnlyHint: expect.any(Boolean),
          destructiveHint: expect.any(Boolean),
          idempotentHint: expect.any(Boolean),
          openWorldHint: expect.any(Boolean),
        },
      });
    }
  });

  it.each(eras)("do what the guide shows (%s)", async (era) => {
    const me = client({ era });
    const first = await me.payload<Turn>("meerkat_run", {
      prompt: "What is the capital of France?",
      ...demo,
    });
    const { session_id } = first;

    expect(first).toMatchObject({ status: "completed", turns: 1, tool_calls: 0 });
    expect(first.content[0]?.text).toContain("capital of France");
    const next = await me.payload("meerkat_resume", { session_id, prompt: "What's my name?" });
    expect(next).toMatchObject({ session_id, structured_output: null, schema_warnings: null });
    expect(await me.payload("meerkat_sessions", {})).toMatchObject({ sessions: [{ session_id }] });
    expect(await me.payload("meerkat_read", { session_id })).toMatchObject({
      session_id,
      state: { session_id, is_active: false, created_at: { secs_since_epoch: expect.any(Number) } },
      billing: { total_tokens: 0 },
    });
    expect(await me.payload("meerkat_history", { session_id })).toMatchObject({ offset: 0 });
    expect(await me.payload("meerkat_interrupt", { session_id })).toMatchObject({ session_id });
    expect(await me.payload("meerkat_config", { action: "get" })).toMatchObject({ generation: 0 });
    const patch = { agent: { max_tokens_per_turn: 8192 } };
    const patched = await me.payload("meerkat_config", { action: "patch", patch });
    expect(patched).toMatchObject({ config: patch, generation: 1 });
    const set = { action: "set", config: { agent: { model: "gpt-5.2" } }, expected_generation: 1 };
    expect(await me.payload("meerkat_config", set)).toMatchObject({ generation: 2 });
    const provider = { type: "openai", api_key: "sk-of-a-model" };
    for (const secret of [
      { action: "patch", patch: { provider } },
      { action: "set", config: { provider, mcp: [{ headers: { "x-team": "a" } }] } },
    ]) {
      expect(await me.failure("meerkat_config", secret)).toMatchObject({
        code: "INVALID_PARAMS",
        error: expect.stringContaining("credentials/set"),
        details: { keys: expect.arrayContaining(["provider.api_key"]) },
      });
    }
    const elsewhere = { providers: { base_urls: { openai: "https://thief.example/v1" } } };
    for (const diverted of [
      { action: "patch", patch: elsewhere },
      { action: "set", config: elsewhere },
    ]) {
      expect(await me.failure("meerkat_config", diverted)).toMatchObject({
        code: "INVALID_PARAMS",
        error: expect.stringContaining("where keys are sent"),
        details: { keys: ["providers.base_urls.openai"] },
      });
    }
    const marked = { provider: { type: "openai", api_key: null } };
    expect(await me.payload("meerkat_config", { action: "patch", patch: marked })).toMatchObject({
      generation: 3,
    });
    expect(await me.payload("meerkat_capabilities")).toHaveProperty("contract_version");
    expect(await me.payload("meerkat_models_catalog")).toHaveProperty("providers");
    expect(await me.payload("meerkat_archive", { session_id })).toEqual({
      session_id,
      archived: true,
    });
  });

  it("show programs and models the same", async () => {
    const result = await client().call("meerkat_run", { prompt: "hi", ...demo });

    expect(JSON.parse(result.content?.[0]?.text ?? "")).toEqual(result.structuredContent);
  });
});

describe("a streamed turn", () => {
  it.each(eras)("tells every event and its progress before the result (%s)", async (era) => {
    const exchange = await client({ era }).send("tools/call", {
      name: "meerkat_run",
      arguments: { prompt: "Tell me a story", stream: true, ...demo },
      _meta: { progressToken: "t1" },
    });
    const { result } = await exchange.answer();

    const { events } = exchange;
    expect(events[0]).toMatchObject({ type: "run_started", seq: expect.any(Number) });
    expect(events.at(-1)).toMatchObject({ type: "run_completed" });
    const text = textOf(events);
    expect(result?.structuredContent).toMatchObject({ content: [{ type: "text", text }] });
    expect(exchange.messages.at(-1)).toHaveProperty("result");
    const message = exchange.messages.find(({ method }) => method === "notifications/message");
    expect(message?.params?.data).toMatchObject({
      source: "meerkat",
      session_id: expect.any(String),
    });
    const progress = exchange.messages.flatMap(({ params }) => params?.progress ?? []);
    expect(progress.length).toBeGreaterThan(2);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(new Set(progress).size).toBe(progress.length);
  });

  it.each([undefined, "continue"])("that its client leaves: on_disconnect %s", async (policy) => {
    const me = client();
    const args = { prompt: "slow please", stream: true, ...demo };
    const leaving = new AbortController();
    const exchange = await me.send(
      "tools/call",
      { name: "meerkat_run", arguments: policy ? { ...args, on_disconnect: policy } : args },
      leaving.signal,
    );
    const seen = await exchange.until(isEvent("text_delta"));
    leaving.abort();
    const { session_id } = told(seen);
    const { stream_id } = await me.payload("meerkat_event_stream_open", { session_id, after: 0 });
    const type = policy ? "run_completed" : "run_failed";
    expect(await read(me, stream_id, type)).toMatchObject({ type });
  });

  it("goes on when an older client vanishes, which then misses nothing and pays once", async () => {
    const realm = newRealm();
    const chunks = dialects.anthropic
      .says("one ", "two ", "three")
      .map((data, index) => (index === 3 ? { data, gate: "later" } : { data }));
    const model = await vendor("anthropic", { chunks });
    const first = client({ era: "legacy", realm });
    const leaving = new AbortController();
    const args = { prompt: "count", stream: true, model: model.model };
    const exchange = await first.send(
      "tools/call",
      { name: "meerkat_run", arguments: args },
      leaving.signal,
    );
    const seen = await exchange.until(isEvent("turn_started"));
    const { events } = exchange;
    leaving.abort();
    await model.open("later");

    const back = client({ era: "legacy", realm });
    const { session_id } = told(seen);
    const after = events.at(-1)?.seq;
    const { stream_id } = await back.payload("meerkat_event_stream_open", { session_id, after });
    const rest = await readAll(back, stream_id, "run_completed");

    const all = [...events, ...rest];
    expect(textOf(all)).toBe("one two three");
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => Number(all[0]?.seq) + index));
    expect(await model.requests()).toHaveLength(1);
    expect(await back.payload("meerkat_read", { session_id })).toMatchObject({
      state: { is_active: false, last_assistant_text: "one two three" },
    });
  });

  it.each(["interrupt", "continue"])("that an older client cancels: %s", async (on_disconnect) => {
    const me = client({ era: "legacy", sessionId: crypto.randomUUID() });
    const args = { prompt: "slow please", stream: true, on_disconnect, ...demo };
    const exchange = await me.send("tools/call", { name: "meerkat_run", arguments: args });
    await exchange.until(isEvent("text_delta"));

    await me.cancel(exchange.id);
    const { result } = await exchange.answer();

    expect(result?.isError ?? false).toBe(on_disconnect === "interrupt");
    expect(exchange.events.at(-1)?.type).toBe(
      on_disconnect === "interrupt" ? "run_failed" : "run_completed",
    );
  });
});

describe("an event stream", () => {
  it("gives one event after the other, waits for the next, and says when there is none", async () => {
    const me = client();
    const { session_id, after } = await startedSlowly(me);
    const { stream_id } = await me.payload<{ stream_id: string }>("meerkat_event_stream_open", {
      session_id,
      after,
    });

    expect(stream_id).toMatch(/^evt-/);
    const events = await readAll(me, stream_id, "run_completed", { max_events: 1 });
    expect(events[0]).toMatchObject({ type: "run_started", payload: { type: "run_started" } });
    const over = await me.payload("meerkat_event_stream_read", { stream_id, timeout_ms: 0 });
    expect(over).toEqual({ stream_id, status: "timeout", after: events.at(-1)?.seq });
  });

  it("reads again from where it is told, in pieces of any size", async () => {
    const me = client();
    const { session_id } = await me.payload<Turn>("meerkat_run", { prompt: "hi", ...demo });
    const { stream_id } = await me.payload("meerkat_event_stream_open", { session_id, after: 0 });
    const all = await me.payload<{ events: Json[] }>("meerkat_event_stream_read", {
      stream_id,
      max_events: 500,
    });
    const again = await me.payload<{ events: Json[]; event: Json; after: number }>(
      "meerkat_event_stream_read",
      { stream_id, after: all.events[1]?.["seq"], max_events: 3 },
    );

    expect(again.events).toEqual(all.events.slice(2, 5));
    expect(again).toMatchObject({ event: all.events[2], after: all.events[4]?.["seq"] });
  });

  it("survives the objects behind it", async () => {
    const realm = newRealm();
    const me = client({ realm });
    const { session_id } = await me.payload<Turn>("meerkat_run", { prompt: "hi", ...demo });
    const { stream_id } = await me.payload("meerkat_event_stream_open", { session_id, after: 0 });
    await me.payload("meerkat_event_stream_read", { stream_id });
    await crash(newSession(realm, session_id));
    await runInDurableObject(realmStub(realm), (_, state) => state.abort("redeployed")).catch(
      () => undefined,
    );

    const rest = await readAll(me, stream_id, "run_completed");
    expect(rest[0]).toMatchObject({ type: "turn_started" });
  });

  it("that nobody read for a day is forgotten", async () => {
    const realm = newRealm();
    const me = client({ realm });
    const { session_id } = await me.payload<Turn>("meerkat_run", { prompt: "hi", ...demo });
    const { stream_id } = await me.payload("meerkat_event_stream_open", { session_id });
    const streams = await runInDurableObject(realmStub(realm), (_, { storage: { sql } }) => {
      sql.exec("UPDATE handles SET expires_at = ?", Date.now() - 1);
      return sql.exec("SELECT * FROM handles").toArray().length;
    });

    expect(streams).toBe(1);
    expect(await me.failure("meerkat_event_stream_read", { stream_id })).toMatchObject({
      code: "NOT_FOUND",
    });
  });

  it("closes with its session, after the last event", async () => {
    const me = client();
    const { session_id } = await me.payload<Turn>("meerkat_run", { prompt: "hi", ...demo });
    const { stream_id } = await me.payload("meerkat_event_stream_open", { session_id, after: 0 });
    await me.payload("meerkat_archive", { session_id });

    await readAll(me, stream_id, "run_completed");
    expect(await me.payload("meerkat_event_stream_read", { stream_id })).toMatchObject({
      status: "closed",
    });
    expect(await me.payload("meerkat_event_stream_close", { stream_id })).toEqual({
      stream_id,
      closed: false,
    });
  });

  it("is gone when closed, and unknown ones are told apart from quiet ones", async () => {
    const me = client();
    const { session_id } = await me.payload<Turn>("meerkat_run", { prompt: "hi", ...demo });
    const { stream_id } = await me.payload("meerkat_event_stream_open", { session_id });
    expect(await me.payload("meerkat_event_stream_close", { stream_id })).toMatchObject({
      closed: true,
    });

    expect(await me.failure("meerkat_event_stream_read", { stream_id })).toMatchObject({
      code: "NOT_FOUND",
      error: `Stream not found: ${String(stream_id)}`,
    });
  });
});

describe("a tool of the caller's own", () => {
  it("ends the turn as pending, and the answer carries it on", async () => {
    const me = client();
    const tools = [
      { name: "lookup", description: "d", input_schema: { type: "object" }, handler: "callback" },
    ];
    const exchange = await me.send("tools/call", {
      name: "meerkat_run",
      arguments: { prompt: "please tool:lookup", tools, stream: true, ...demo },
    });
    const { result } = await exchange.answer();
    const pending = result?.structuredContent as unknown as Turn & {
      pending_tool_calls: { tool_use_id: string }[];
    };

    expect(pending).toMatchObject({
      status: "pending_tool_call",
      pending_tool_calls: [{ tool_name: "lookup" }],
    });
    expect(exchange.events.at(-1)?.type).toBe("interaction_callback_pending");
    const { session_id, pending_tool_calls } = pending;
    const tool_results = pending_tool_calls.map(({ tool_use_id }) => ({
      tool_use_id,
      content: "42",
    }));
    const done = await me.payload<Turn>("meerkat_resume", { session_id, tool_results });
    expect(done).toMatchObject({ status: "completed", tool_calls: 1 });
    expect(done.content[0]?.text).toContain("42");
  });
});

function told({ params }: Message): { session_id: string } {
  if (!params?.data) throw new Error("not a told event");
  return params.data;
}

function textOf(events: readonly Json[]): string {
  return events.map(({ delta }) => (typeof delta === "string" ? delta : "")).join("");
}

async function read(
  me: McpTestClient,
  stream_id: unknown,
  type: string,
): Promise<Json | undefined> {
  return (await readAll(me, stream_id, type)).at(-1);
}

async function readAll(
  me: McpTestClient,
  stream_id: unknown,
  last: string,
  options: Json = { max_events: 100 },
): Promise<(Json & { type: string; seq: number })[]> {
  const all: (Json & { type: string; seq: number })[] = [];
  while (all.at(-1)?.type !== last) {
    const {
      status,
      event,
      events = event ? [event] : [],
    } = await me.payload<{
      status: string;
      event?: (typeof all)[number];
      events?: typeof all;
    }>("meerkat_event_stream_read", { stream_id, timeout_ms: 20_000, ...options });
    if (status !== "event") throw new Error(`${status} before ${last}`);
    all.push(...events);
  }
  return all;
}
