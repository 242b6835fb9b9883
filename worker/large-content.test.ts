import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import {
  messageEnd,
  messageStart,
  textBlock,
  thinkingBlock,
  toolBlock,
} from "../durable-objects/providers/wire/anthropic.ts";
import { dialects } from "../durable-objects/providers/wire/dialects.ts";
import { chunks } from "../durable-objects/providers/wire/openai.ts";
import type { Reply } from "../durable-objects/providers/wire/script.ts";
import {
  crash,
  newRealm,
  newSession,
  realmStub,
  type TestSession,
  vendor,
  type Vendor,
} from "../durable-objects/test-support.ts";
import { McpTestClient } from "./surfaces/mcp/test-client.ts";
import { RpcTestClient } from "./surfaces/rpc/test-client.ts";
import { EventReader, type Frame, get, is, type Json, post } from "./test-support.ts";

const MIB = 1024 * 1024;
const ladder = [1.9, 2, 2.1] as const;
const lookup = { name: "lookup", input_schema: { type: "object" } };
// What one event may take on the wire: a model's words of 256 Ki characters, each up to three bytes, twice.
const MAX_EVENT_BYTES = 2 * MIB;

/** A text of so many bytes, with its ends marked and characters across every border of a cut. */
function text(mib: number): string {
  const unit = "a👋é世";
  const count = Math.floor((mib * MIB) / new TextEncoder().encode(unit).length);
  return `<${unit.repeat(count)}>`;
}

function reply(...words: string[]): Reply {
  return { chunks: chunks(dialects.anthropic.says(...words)) };
}

/** A value as vendors stream it: in many small pieces. */
function streamed(value: string): string[] {
  const size = 64 * 1024;
  return Array.from({ length: Math.ceil(value.length / size) }, (_, at) =>
    value.slice(at * size, (at + 1) * size),
  );
}

/** A call of the client's tool, with these arguments. */
function calling(args: unknown, ...ids: string[]): Reply {
  const blocks = ids.flatMap((id, at) => toolBlock(at, id, ...streamed(JSON.stringify(args))));
  return { chunks: chunks([messageStart(), ...blocks, ...messageEnd("tool_use")]) };
}

/** A session over the public surfaces, and its vendor. */
interface Stage {
  path: string;
  session: TestSession;
  model: Vendor;
}

async function stage(replies: Reply[], body: Json = {}): Promise<Stage> {
  const realm = newRealm();
  const model = await vendor("anthropic", ...replies);
  const request = { initial_turn: "deferred", model: model.model, ...body };
  const created = await post<{ session_id: string }>(`/realms/${realm}/sessions`, request);
  const { session_id: id } = created.body;
  return { path: `/realms/${realm}/sessions/${id}`, session: newSession(realm, id), model };
}

/** Runs a turn to its end, or until it waits for the client's tool. */
async function turn({ path }: Stage, body: Json): Promise<Json> {
  const answer = await post(`${path}/messages`, body);
  if (answer.status !== 200) expect(answer.body).toMatchObject({ code: "CALLBACK_PENDING" });
  return answer.body;
}

/** The whole transcript, read page by page. */
async function transcript({ path }: Stage): Promise<Json[]> {
  const messages: Json[] = [];
  for (let more = true; more;) {
    const { body } = await get<{ messages: Json[]; has_more: boolean }>(
      `${path}/history?offset=${messages.length}`,
    );
    messages.push(...body.messages);
    more = body.has_more;
  }
  return messages;
}

async function replay({ path }: Stage, last: (frame: Frame) => boolean): Promise<Frame[]> {
  const events = await EventReader.open(`${path}/events?after=0`);
  await events.until(last);
  await events.until(({ comment }) => comment === "caught_up");
  await events.cut();
  return events.frames;
}

/** The largest value of any row of any table, in bytes as SQLite counts them. */
function largestValue(sql: SqlStorage): number {
  const tables = sql
    .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
    .toArray()
    .filter(({ name }) => !name.startsWith("_cf_"));
  const sizes = tables.flatMap(({ name }) =>
    sql
      .exec(`SELECT * FROM "${name}" LIMIT 1`)
      .columnNames.map(
        (column) =>
          sql
            .exec<{ size: number }>(
              `SELECT coalesce(max(length(CAST("${column}" AS BLOB))), 0) AS size FROM "${name}"`,
            )
            .one().size,
      ),
  );
  return Math.max(...sizes);
}

/** What became of a value, wherever it went in; compared here, as a failing comparison would print it. */
async function fateOf(at: Stage, value: string) {
  await evictDurableObject(at.session.stub());
  const isInTranscript = JSON.stringify(await transcript(at)).includes(value);
  const frames = await replay(at, is("run_completed"));
  const sizes = frames.map(({ raw }) => new TextEncoder().encode(raw).length);

  const { text: nextAnswer } = await turn(at, { prompt: "And now?" });
  const asked = (await at.model.requests()).at(-1)?.body ?? "";
  const values = [at.session.stub(), realmStub(at.session.realmId)].map((stub) =>
    runInDurableObject(stub, (_, { storage }) => largestValue(storage.sql)),
  );
  return {
    isInTranscript,
    isInRequest: asked.includes(value),
    nextAnswer,
    fitsEvents: Math.max(...sizes) < MAX_EVENT_BYTES,
    fitsRows: Math.max(...(await Promise.all(values))) < MIB,
  };
}

/** Kept, shown and asked with, whole; told and stored in pieces. */
const whole = {
  isInTranscript: true,
  isInRequest: true,
  nextAnswer: "Next.",
  fitsEvents: true,
  fitsRows: true,
};

/** Each way for a large value into a session. */
const ways: Record<string, (value: string) => Promise<Stage>> = {
  "a prompt": async (value) => {
    const at = await stage([reply("Long."), reply("Next.")]);
    await turn(at, { prompt: value });
    return at;
  },
  "an image": async (value) => {
    const at = await stage([reply("Nice."), reply("Next.")]);
    const image = { type: "image", media_type: "image/png", source: "inline", data: value };
    await turn(at, { prompt: [{ type: "text", text: "Look:" }, image] });
    return at;
  },
  "a system prompt": async (value) => {
    const at = await stage([reply("Hi."), reply("Next.")], { system_prompt: value });
    await turn(at, { prompt: "Hello" });
    return at;
  },
  "additional instructions": async (value) => {
    const at = await stage([reply("Hi."), reply("Next.")]);
    await turn(at, { prompt: "Hello", additional_instructions: [value] });
    return at;
  },
  "injected context": async (value) => {
    const at = await stage([reply("Hi."), reply("Next.")]);
    expect(await post(`${at.path}/system_context`, { text: value })).toMatchObject({ status: 200 });
    await turn(at, { prompt: "Hello" });
    return at;
  },
  "an external event": async (value) => {
    const at = await stage([reply("Hi."), reply("Next.")]);
    const event = { kind: "mail", payload: { body: value } };
    expect(await post(`${at.path}/external-events`, event)).toMatchObject({ status: 202 });
    await evictDurableObject(at.session.stub());
    await turn(at, { prompt: "Hello" });
    return at;
  },
  "a queued turn": (value) => joining("queue", value),
  "a steering prompt": (value) => joining("steer", value),
  "an answer of the model's": async (value) => {
    const frames = [messageStart(), ...textBlock(0, ...streamed(value)), ...messageEnd("end_turn")];
    const at = await stage([{ chunks: chunks(frames) }, reply("Next.")]);
    const result = await turn(at, { prompt: "Hello" });
    expect(result["text"] === value, "the caller gets it whole").toBe(true);
    await evictDurableObject(at.session.stub());
    const again = await get(`${at.path}/runs/${String(result["run_id"])}`);
    expect(again.body["text"] === value, "and gets it again").toBe(true);
    const deltas = (await replay(at, is("run_completed"))).filter(is("text_delta"));
    expect(deltas.map(({ data }) => data.delta).join("") === value).toBe(true);
    return at;
  },
  "an answer that comes at once": async (value) => {
    const at = await stage([reply(value), reply("Next.")]);
    await turn(at, { prompt: "Hello" });
    return at;
  },
  "a thought of the model's": async (value) => {
    const frames = [messageStart(), ...thinkingBlock(0, value, "c2VhbA=="), ...textBlock(1, "Hi.")];
    const at = await stage([
      { chunks: chunks([...frames, ...messageEnd("end_turn")]) },
      reply("Next."),
    ]);
    await turn(at, { prompt: "Hello" });
    return at;
  },
  "a tool's arguments": async (value) => {
    const at = await stage([calling({ value }, "call-1"), reply("Done."), reply("Next.")]);
    const pending = await turn(at, { prompt: "Go", external_tools: [lookup] });
    const { args } = pending["details"] as { args: { value: string } };
    expect(args.value === value, "who is to run the tool gets them whole").toBe(true);
    await evictDurableObject(at.session.stub());
    const { body } = await get<{ pending_tool_calls: { args: typeof args }[] }>(
      `${at.path}/pending`,
    );
    expect(body.pending_tool_calls[0]?.args.value === value).toBe(true);
    await turn(at, { tool_results: [{ tool_use_id: "call-1", content: "Found." }] });
    return at;
  },
  "a client tool's result": async (value) => {
    const at = await stage([calling({}, "call-1"), reply("Done."), reply("Next.")]);
    await turn(at, { prompt: "Go", external_tools: [lookup] });
    const result = { tool_use_id: "call-1", content: value };
    expect(await turn(at, { tool_results: [result] })).toMatchObject({ text: "Done." });
    return at;
  },
  "a result that a crash meets half way": async (value) => {
    const at = await stage([calling({}, "call-1", "call-2"), reply("Done."), reply("Next.")]);
    await turn(at, { prompt: "Go", external_tools: [lookup] });
    await post(`${at.path}/answers`, { tool_results: [{ tool_use_id: "call-1", content: value }] });
    await crash(at.session);
    const last = { tool_use_id: "call-2", content: "Nothing." };
    expect(await turn(at, { tool_results: [last] })).toMatchObject({ text: "Done." });
    return at;
  },
  "a result over JSON-RPC": async (value) => {
    const at = await stage([calling({ value }, "call-1"), reply("Done."), reply("Next.")]);
    const client = await RpcTestClient.connect(`/realms/${at.session.realmId}/rpc`);
    client.onRequest = ({ method, params = {} }) =>
      method === "tool/execute" ? { content: (params["arguments"] as Json)["value"] } : {};
    await client.call("tools/register", { tools: [lookup] });
    const { sessionId: session_id } = at.session;
    const result = await client.call("turn/start", { session_id, prompt: "Go" });
    expect(result).toMatchObject({ text: "Done." });
    client.socket.close(1000);
    return at;
  },
  "a prompt over MCP": async (value) => {
    const at = await stage([reply("Long."), reply("Next.")]);
    const client = new McpTestClient({ era: "modern", realm: at.session.realmId });
    const args = { session_id: at.session.sessionId, prompt: value };
    expect(await client.payload("meerkat_resume", args)).toMatchObject({ status: "completed" });
    return at;
  },
};

/** A turn that comes while another one runs. */
async function joining(handling_mode: string, value: string): Promise<Stage> {
  const [start, ...rest] = chunks(dialects.anthropic.says("One."));
  const held = { chunks: [start ?? {}, ...rest.map((chunk) => ({ ...chunk, gate: "go" }))] };
  const at = await stage([held, reply("Two."), reply("Next.")]);
  const first = turn(at, { prompt: "Hello" });
  await at.model.requests(1);
  const second = turn(at, { prompt: value, handling_mode });
  // Asking without a pause would keep the runtime from hearing what is waited for.
  await vi.waitUntil(() => isWaiting(at.session), { timeout: 20_000 });
  await at.model.open("go");
  await first;
  expect(await second).toMatchObject({ text: "Two." });
  return at;
}

function isWaiting(session: TestSession): Promise<boolean> {
  const counted = "SELECT (SELECT count(*) FROM queue) + (SELECT count(*) FROM inputs) AS waiting";
  return runInDurableObject(
    session.stub(),
    (_, { storage }) => storage.sql.exec<{ waiting: number }>(counted).one().waiting > 0,
  );
}

describe("2 MB ladder", () => {
  describe.each(Object.entries(ways))("%s", (name, way) => {
    it.each(ladder)("of %d MiB is kept, shown and asked with, whole", async (mib) => {
      const value = name === "an image" ? "iVBORw0K".repeat((mib * MIB) / 8) : text(mib);

      const at = await way(value);

      expect(await fateOf(at, value)).toEqual(whole);
    });
  });

  it.each(["an answer of the model's", "a tool's arguments", "a client tool's result"])(
    "%s may take 30 MiB",
    async (name) => {
      const value = text(29.9);

      const at = await ways[name]?.(value);

      expect(at && (await fateOf(at, value))).toEqual(whole);
    },
    240_000,
  );

  it("asks twice under one key with 2.1 MiB and is answered once", async () => {
    const at = await stage([reply("Long."), reply("Next.")]);
    const asked = { prompt: text(2.1), idempotency_key: "key-1" };

    const first = await turn(at, asked);
    await evictDurableObject(at.session.stub());
    const again = await turn(at, asked);
    const other = await post(`${at.path}/messages`, { ...asked, prompt: `${asked.prompt}!` });

    expect(again).toEqual(first);
    expect(other).toMatchObject({ status: 409, body: { code: "CONFLICT" } });
    expect(await fateOf(at, asked.prompt)).toEqual(whole);
  });

  it("gives a transcript that no answer can hold in pages", async () => {
    const at = await stage([reply("One."), reply("Two."), reply("Three.")]);
    const prompts = ["1", "2", "3"].map((mark) => mark + "x".repeat(9 * MIB));
    for (const prompt of prompts) await turn(at, { prompt });

    const { body } = await get<{ messages: Json[]; has_more: boolean }>(`${at.path}/history`);
    const users = (await transcript(at)).filter(({ role }) => role === "user");

    expect(body.has_more).toBe(true);
    expect(body.messages.length).toBeLessThan(7);
    expect(users.map(({ content }) => content === prompts.shift())).toEqual([true, true, true]);
  });

  it.each([
    ["provider_params", { provider_params: { note: "x".repeat(64 * 1024) } }, /64 KiB/],
    ["external_tools", { external_tools: [{ ...lookup, description: text(0.5) }] }, /256 KiB/],
    ["model", { model: "claude-".padEnd(1024, "x") }, /256/],
  ])("refuses %s that no request of a model could carry", async (_, extra, message) => {
    const at = await stage([]);

    const { status, body } = await post(`${at.path}/messages`, { prompt: "Hello", ...extra });

    expect(status).toBe(400);
    expect(body).toMatchObject({ code: "BAD_REQUEST", error: expect.stringMatching(message) });
  });

  it("marks what events show only the beginning of", async () => {
    const value = text(1);
    const at = await stage([calling({ value }, "call-1"), reply("Done.")]);
    await turn(at, { prompt: value, external_tools: [lookup] });
    await turn(at, { tool_results: [{ tool_use_id: "call-1", content: value }] });

    const events = (await replay(at, is("run_completed"))).map(({ data }) => data);

    const args = JSON.stringify({ value }).length;
    const marked = events.flatMap(({ type, truncated, total_chars: total }) =>
      truncated === true ? [[type, total]] : [],
    );
    expect(marked).toEqual([
      ["run_started", value.length],
      ["tool_call_requested", args],
      ["interaction_callback_pending", args],
      ["tool_execution_completed", value.length],
      ["tool_result_received", value.length],
    ]);
    const { prompt } = events.find(({ type }) => type === "run_started") ?? {};
    expect(value.startsWith(String(prompt))).toBe(true);
  });
});
