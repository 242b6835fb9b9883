import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { type AppError, partsOf, type RunResult, unpack } from "../../sdk/contract/index.ts";
import type { Call } from "../providers/wire/dialects.ts";
import { dialects } from "../providers/wire/dialects.ts";
import { failure } from "../providers/wire/anthropic.ts";
import { chunks } from "../providers/wire/openai.ts";
import type { Reply } from "../providers/wire/script.ts";
import type { TestSession, Vendor, VendorName, WireEvent } from "../test-support.ts";
import {
  configure,
  crash,
  eventsOf,
  messagesOf,
  newRealm,
  newSession,
  realmStub,
  vendor,
  Watch,
} from "../test-support.ts";
import { builtins } from "../tools/index.ts";
import type { ToolContext } from "../tools/tool.ts";
import { defineTool } from "../tools/define-tool.ts";
import type { RealmParts } from "../realm/realm-parts.ts";
import type { CreateRequest } from "./intake.ts";

const { says, thinks, calls } = dialects.anthropic;
const vendors = ["anthropic", "openai", "gemini"] as const;
const onceMore = { max_retries: 1, initial_delay: "1ms", max_delay: "2ms" };

// A tool that a test can hold: it asks the wire, where gates and hanging replies are.
const held = { input: z.object({ model: z.string() }), description: "Looks it up" };
const execute = async ({ model }: { model: string }, { signal }: ToolContext): Promise<string> => {
  const response = await fetch(`http://tool.test/${model}`, { signal });
  return await response.text();
};
const testTools = [
  defineTool({ ...held, name: "lookup", idempotent: true, execute }),
  defineTool({ ...held, name: "book", idempotent: false, execute }),
];
const toolBox = builtins as Map<string, (typeof testTools)[number]>;

beforeAll(() => {
  for (const tool of testTools) toolBox.set(tool.definition.name, tool);
});
afterAll(() => {
  for (const tool of testTools) toolBox.delete(tool.definition.name);
});

function reply(frames: readonly string[]): Reply {
  return { chunks: chunks(frames) };
}

/** A reply that stops after so many frames, and goes on when the test opens the gate. */
function gated(frames: readonly string[], after: number, gate: string): Reply {
  return { chunks: chunks(frames).map((chunk, at) => (at === after ? { ...chunk, gate } : chunk)) };
}

/** A reply of which only the beginning ever comes. */
function stuck(frames: readonly string[], after: number): Reply {
  return { chunks: chunks(frames.slice(0, after)), end: "hang" };
}

/** What a held tool asks: it never gets an answer. */
function holding(): Promise<Vendor> {
  return vendor("anthropic", { holdHeaders: true });
}

/** A session whose first turn runs. */
async function start(
  { model }: Vendor,
  request: Partial<CreateRequest> = {},
  realmId = newRealm(),
): Promise<{ session: TestSession; runId: string }> {
  const session = newSession(realmId);
  const runId = uuidv7();
  const { sessionId } = session;
  const turn = { prompt: "Hello", model, run_id: runId, ...request };
  await session.object().create(realmId, sessionId, turn);
  return { session, runId };
}

async function next(session: TestSession, request: object = {}): Promise<string> {
  const run_id = uuidv7();
  await session.object().startTurn({ run_id, prompt: "And now?", ...request });
  return run_id;
}

/** How a run ended: its result, or the error that its caller gets. */
async function endOf(session: TestSession, runId: string): Promise<RunResult | AppError> {
  try {
    return await unpack(await session.object().result(runId));
  } catch (cause) {
    return cause as AppError;
  }
}

function types(events: readonly WireEvent[]): string[] {
  return events.map(({ type }) => type);
}

function textOf(events: readonly WireEvent[]): string {
  return events.map((event) => (event.type === "text_delta" ? event.delta : "")).join("");
}

function terminals(events: readonly WireEvent[], runId: string): WireEvent[] {
  return events.filter(
    (event) =>
      (event.type === "run_completed" || event.type === "run_failed") && event.run_id === runId,
  );
}

function expectRising(events: readonly WireEvent[]): void {
  for (const [index, { seq }] of events.entries()) {
    expect(seq).toBeGreaterThan(events[index - 1]?.seq ?? 0);
  }
}

/** The session must take a turn again, and show the vendor this transcript. */
async function expectNextTurn(
  session: TestSession,
  model: Vendor,
  name: VendorName,
  order: readonly string[],
): Promise<void> {
  const runId = await next(session);

  expect(await endOf(session, runId)).toMatchObject({ text: "Here I am again." });
  expect(terminals(await eventsOf(session), runId)).toMatchObject([{ type: "run_completed" }]);
  const body = (await model.requests()).at(-1)?.body ?? "";
  expect(dialects[name].order(body)).toEqual(order);
}

const again = (name: VendorName): Reply => reply(dialects[name].says("Here ", "I am ", "again."));

describe("a turn's events", () => {
  it.each(vendors)("come in the order of the contract when %s answers in words", async (name) => {
    const { session, runId } = await start(
      await vendor(name, reply(dialects[name].says("One ", "two ", "three."))),
    );

    const result = await endOf(session, runId);

    const events = await eventsOf(session);
    expect(types(events)).toEqual([
      "run_started",
      "turn_started",
      "text_delta",
      "text_delta",
      "text_delta",
      "text_complete",
      "turn_completed",
      "run_completed",
    ]);
    expect(textOf(events)).toBe("One two three.");
    expect(events.at(-3)).toMatchObject({ content: "One two three." });
    expect(events.at(-1)).toMatchObject({ result: "One two three.", run_id: runId });
    expect(result).toMatchObject({ text: "One two three.", turns: 1, tool_calls: 0 });
    expectRising(events);
  });

  it.each(vendors)("close the thinking of %s before its words", async (name) => {
    const { session, runId } = await start(
      await vendor(name, reply(dialects[name].thinks("Hm.", "Yes."))),
      { provider_params: { reasoning_effort: "low" } },
    );

    await endOf(session, runId);

    expect(types(await eventsOf(session))).toEqual([
      "run_started",
      "turn_started",
      "reasoning_delta",
      "reasoning_complete",
      "text_delta",
      "text_complete",
      "turn_completed",
      "run_completed",
    ]);
  });

  it.each(vendors)("tell parallel tools of %s between two model calls", async (name) => {
    const wanted: Call[] = [
      { id: "call-1", name: "datetime", args: { time_zone: "Europe/Berlin" } },
      { id: "call-2", name: "update_plan", args: { steps: [{ step: "Go", status: "pending" }] } },
      { id: "call-3", name: "nonexistent", args: {} },
    ];
    const model = await vendor(name, reply(dialects[name].calls(wanted)), again(name));
    const { session, runId } = await start(model, { enable_builtins: true });

    const result = await endOf(session, runId);

    const events = await eventsOf(session);
    const told = types(events);
    expect(told.slice(0, 8)).toEqual([
      "run_started",
      "turn_started",
      ...wanted.map(() => "tool_call_requested"),
      ...wanted.map(() => "tool_execution_started"),
    ]);
    expect(told.slice(8, 11)).toEqual(wanted.map(() => "tool_execution_completed"));
    expect(told.slice(11, 15)).toEqual([
      ...wanted.map(() => "tool_result_received"),
      "turn_started",
    ]);
    expect(told.filter((type) => type === "turn_completed")).toHaveLength(1);
    expect(told.at(-1)).toBe("run_completed");
    expect(events.filter(({ type }) => type === "tool_result_received")).toMatchObject([
      { id: "call-1", is_error: false },
      { id: "call-2", is_error: false },
      { id: "call-3", is_error: true },
    ]);
    expect(result).toMatchObject({ turns: 2, tool_calls: 3 });
    expect(dialects[name].order((await model.requests())[1]?.body ?? "")).toEqual([
      "user",
      "call call-1",
      "call call-2",
      "call call-3",
      "result call-1",
      "result call-2",
      "result call-3",
    ]);
  });

  it("count a call's own usage, while results count the session's", async () => {
    const model = await vendor("anthropic", reply(says("One.")), reply(says("Two.")));
    const { session, runId } = await start(model);

    const first = await endOf(session, runId);
    const second = await endOf(session, await next(session));

    expect(first).toMatchObject({
      usage: { input_tokens: 12, output_tokens: 7, total_tokens: 19 },
    });
    expect(second).toMatchObject({
      usage: { input_tokens: 24, output_tokens: 14, total_tokens: 38 },
    });
    const completed = (await eventsOf(session)).filter(({ type }) => type === "turn_completed");
    const usage = { input_tokens: 12, output_tokens: 7 };
    expect(completed).toMatchObject([{ usage }, { usage }]);
  });

  it("carry the envelope beside their own fields, and once more as payload", async () => {
    const { session, runId } = await start(await vendor("anthropic", reply(says("Hi."))));
    await endOf(session, runId);

    const [first] = await eventsOf(session);

    const { sessionId } = session;
    expect(first).toMatchObject({
      type: "run_started",
      source_id: `session:${sessionId}`,
      source: { type: "session", session_id: sessionId },
      seq: 1,
      payload: { type: "run_started", prompt: "Hello" },
    });
    expect(z.uuidv7().safeParse(first?.event_id).success).toBe(true);
    expect((await eventsOf(session))[0]).toEqual(first);
  });
});

const refusal = (status: number, headers: Record<string, string> = {}): Reply => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  chunks: [{ data: JSON.stringify(failure("some_error", "No, not today")) }],
});

interface Failure {
  what: string;
  /** How often the vendor is asked before the turn fails. */
  asked: number;
  reply: (name: VendorName) => Reply;
  /** `error_report.class` of the terminal event. */
  report: string;
  /** Patience, where it is what fails. */
  retry?: { call_timeout: string } | { stream_inactivity_timeout: string };
}

/** Each way a vendor can fail. */
const failures: Failure[] = [
  { what: "401", asked: 1, reply: () => refusal(401), report: "auth" },
  { what: "400", asked: 1, reply: () => refusal(400), report: "llm" },
  { what: "429", asked: 2, reply: () => refusal(429), report: "llm" },
  { what: "529", asked: 2, reply: () => refusal(529), report: "llm" },
  { what: "an empty 200", asked: 2, reply: () => reply([]), report: "llm" },
  {
    what: "silence",
    asked: 2,
    reply: () => ({ holdHeaders: true }),
    report: "llm",
    retry: { call_timeout: "60ms" },
  },
  {
    what: "a web page",
    asked: 1,
    reply: () => ({ headers: { "content-type": "text/html" }, chunks: [{ data: "<html>" }] }),
    report: "llm",
  },
  {
    what: "a stream that is cut",
    asked: 1,
    reply: (name: VendorName) => {
      const frames = dialects[name].says("One ", "two ", "three.");
      return reply(frames.slice(0, name === "openai" ? 6 : frames.length - 1));
    },
    report: "llm",
  },
  {
    what: "a stream that stalls",
    asked: 1,
    reply: (name: VendorName) => {
      const frames = dialects[name].says("One ", "two ", "three.");
      return stuck(frames, name === "openai" ? 6 : frames.length - 1);
    },
    report: "llm",
    // Long enough for the beginning to arrive on a busy machine.
    retry: { stream_inactivity_timeout: "800ms" },
  },
];

describe.each(vendors)("a turn that %s fails", (name) => {
  it.each(failures)("with $what ends once, typed, and is followed by a good one", async (how) => {
    const realmId = newRealm();
    await configure(realmId, { retry: { ...onceMore, ...how.retry } });
    const bad = Array.from({ length: how.asked }, (): Reply => how.reply(name));
    const model = await vendor(name, ...bad, again(name));
    const { session, runId } = await start(model, {}, realmId);

    const error = await endOf(session, runId);

    expect(error).toMatchObject({ code: "PROVIDER_ERROR" });
    expect(error).toMatchObject({ details: { run_id: runId, resumable: true } });
    const events = await eventsOf(session);
    expect(terminals(events, runId)).toMatchObject([
      {
        type: "run_failed",
        error_report: { class: how.report },
        terminal_cause_kind: expect.stringMatching(/retry_exhausted|llm_failure/) as unknown,
      },
    ]);
    expect(events.at(-1)?.type).toBe("run_failed");
    expect(events.filter(({ type }) => type === "retrying")).toHaveLength(how.asked - 1);
    expect(JSON.stringify(events)).not.toMatch(/sk-|AIza/);
    // The good one may take its time.
    await configure(realmId, { retry: onceMore });
    await expectNextTurn(session, model, name, ["user", "user"]);
    expect(await model.requests()).toHaveLength(how.asked + 1);
  });
});

describe("a vendor that fails before it says anything", () => {
  it("is asked again, told as retrying, and no word comes twice", async () => {
    const realmId = newRealm();
    await configure(realmId, { retry: onceMore });
    const model = await vendor("anthropic", refusal(529), reply(says("One ", "two.")));
    const { session, runId } = await start(model, {}, realmId);

    expect(await endOf(session, runId)).toMatchObject({ text: "One two.", turns: 1 });

    const events = await eventsOf(session);
    expect(events.filter(({ type }) => type === "retrying")).toMatchObject([
      { attempt: 1, max_attempts: 1, retry: { failure: { provider: "anthropic" } } },
    ]);
    expect(textOf(events)).toBe("One two.");
  });

  it("is not asked again once words were shown", async () => {
    const realmId = newRealm();
    await configure(realmId, { retry: onceMore });
    const model = await vendor(
      "anthropic",
      reply(says("One ", "two.").slice(0, 4)),
      again("anthropic"),
    );
    const { session, runId } = await start(model, {}, realmId);

    expect(await endOf(session, runId)).toMatchObject({ code: "PROVIDER_ERROR" });

    expect(await model.requests()).toHaveLength(1);
    expect(types(await eventsOf(session))).not.toContain("retrying");
  });

  it("is charged for what the cut step had cost", async () => {
    const cut = reply(says("One ", "two.").slice(0, 4));
    const { session, runId } = await start(await vendor("anthropic", cut));

    await endOf(session, runId);

    expect(await session.object().read()).toMatchObject({ usage: { input_tokens: 12 } });
  });
});

/** Where an interrupt may hit, and what the transcript shows the vendor afterwards. */
const moments = [
  {
    moment: "text",
    replies: (name: VendorName) => [
      stuck(dialects[name].says("One ", "two."), name === "openai" ? 6 : -1),
    ],
    until: "text_delta",
    order: ["user", "user"],
  },
  {
    moment: "thinking",
    replies: (name: VendorName) => [
      stuck(dialects[name].thinks("Hm.", "Yes."), { anthropic: 3, openai: 5, gemini: 1 }[name]),
    ],
    until: "reasoning_delta",
    order: ["user", "user"],
  },
] as const;

describe.each(vendors)("an interrupt of %s", (name) => {
  it.each(moments)(
    "during $moment ends the turn and hangs up",
    async ({ replies, until, order }) => {
      const model = await vendor(name, ...replies(name), again(name));
      const { session, runId } = await start(model, {
        provider_params: { reasoning_effort: "low" },
      });
      await (await Watch.open(session, 0)).until(until);

      const told = await session.object().interrupt();

      const events = await eventsOf(session);
      expect(terminals(events, runId)).toMatchObject([
        { type: "run_failed", error_report: { class: "cancelled" }, seq: told.seq },
      ]);
      expect(told.interrupted).toBe(true);
      expect(await endOf(session, runId)).toMatchObject({ code: "REQUEST_CANCELLED" });
      expect(await model.requests("aborted")).toMatchObject([{ aborted: true }]);
      await expectNextTurn(session, model, name, order);
    },
  );

  it("during parallel tools answers every call in order", async () => {
    const tools = [await holding(), await holding()] as const;
    const wanted: Call[] = [
      { id: "call-1", name: "lookup", args: { model: tools[0].model } },
      { id: "call-2", name: "datetime", args: {} },
      { id: "call-3", name: "lookup", args: { model: tools[1].model } },
    ];
    const model = await vendor(name, reply(dialects[name].calls(wanted)), again(name));
    const { session, runId } = await start(model, { enable_builtins: true });
    await (await Watch.open(session, 0)).until("tool_execution_completed");
    for (const tool of tools) await tool.requests(1);

    await session.object().interrupt();

    expect(terminals(await eventsOf(session), runId)).toMatchObject([
      { error_report: { class: "cancelled" } },
    ]);
    for (const tool of tools) {
      expect(await tool.requests("aborted")).toMatchObject([{ aborted: true }]);
    }
    await expectNextTurn(session, model, name, [
      "user",
      "call call-1",
      "call call-2",
      "call call-3",
      "result call-1",
      "result call-2",
      "result call-3",
      "user",
    ]);
  });
});

describe("an interrupt", () => {
  it("during a tool's arguments leaves no half call behind", async () => {
    const frames = calls([{ id: "call-1", name: "lookup", args: { model: "x" } }]);
    const model = await vendor("anthropic", stuck(frames, 3), again("anthropic"));
    const { session, runId } = await start(model);
    await model.requests(1);

    await session.object().interrupt();

    expect(terminals(await eventsOf(session), runId)).toHaveLength(1);
    expect(await model.requests("aborted")).toMatchObject([{ aborted: true }]);
    await expectNextTurn(session, model, "anthropic", ["user", "user"]);
  });

  it("during the wait before a retry ends that wait", async () => {
    const model = await vendor("anthropic", refusal(429), again("anthropic"));
    const { session, runId } = await start(model);
    const retrying = await (await Watch.open(session, 0)).until("retrying");

    await session.object().interrupt();

    expect(retrying).toMatchObject({ retry: { plan: { rate_limit_floor_applied: true } } });
    expect(await endOf(session, runId)).toMatchObject({ code: "REQUEST_CANCELLED" });
    await expectNextTurn(session, model, "anthropic", ["user", "user"]);
  });

  it("on an idle session does nothing and says so", async () => {
    const { session, runId } = await start(await vendor("anthropic", reply(says("Hi."))));
    await endOf(session, runId);
    const before = await eventsOf(session);

    expect(await session.object().interrupt()).toEqual({ interrupted: false });

    expect(await eventsOf(session)).toEqual(before);
  });
});

describe("a session", () => {
  it("refuses a second turn while one runs, and keeps nothing of it", async () => {
    const model = await vendor("anthropic", gated(says("One ", "two."), 3, "rest"));
    const { session, runId } = await start(model);

    await expect(async () => await next(session)).rejects.toMatchObject({
      code: "SESSION_BUSY",
      details: { run_id: runId },
    });
    await model.open("rest");

    expect(await endOf(session, runId)).toMatchObject({ text: "One two." });
    expect(await messagesOf(session)).toHaveLength(3);
  });

  it("ends its running turn when it is archived, and then takes no more", async () => {
    const model = await vendor("anthropic", stuck(says("One ", "two."), 3));
    const { session, runId } = await start(model);
    const watch = await Watch.open(session, 0);
    await watch.until("text_delta");

    await session.object().archive();

    expect(terminals(watch.events, runId)).toMatchObject([
      { type: "run_failed", error_report: { class: "cancelled" } },
    ]);
    expect(await model.requests("aborted")).toMatchObject([{ aborted: true }]);
    await expect(async () => await next(session)).rejects.toMatchObject({
      code: "SESSION_NOT_FOUND",
    });
    await expect(async () => await session.object().read()).rejects.toMatchObject({
      code: "SESSION_NOT_FOUND",
    });
    expect((await messagesOf(session)).length).toBeGreaterThan(1);
  });

  it("shows another vendor the words and calls, but no foreign seals", async () => {
    const call = { id: "call-1", name: "datetime", args: {} };
    const claude = await vendor(
      "anthropic",
      reply(calls([call], "Claude thinks.")),
      reply(thinks("Claude thinks on.", "Noon.")),
    );
    const gpt = await vendor("openai", reply(dialects.openai.thinks("GPT thinks.", "One.")));
    const gemini = await vendor("gemini", reply(dialects.gemini.thinks("Gemini thinks.", "Two.")));
    const { session, runId } = await start(claude, { enable_builtins: true });
    await endOf(session, runId);

    await endOf(session, await next(session, { model: gpt.model }));
    await endOf(session, await next(session, { model: gemini.model }));

    const [toGpt] = await gpt.requests();
    const [toGemini] = await gemini.requests();
    expect(dialects.openai.order(toGpt?.body ?? "")).toEqual([
      "user",
      "call call-1",
      "result call-1",
      "assistant",
      "user",
    ]);
    expect(`${toGpt?.body}${toGemini?.body}`).not.toMatch(/thinks|c2VhbGVk/);
    expect(await session.object().read()).toMatchObject({
      model: gemini.model,
      provider: "gemini",
    });
  });

  it("keeps its watchers while it sleeps, and they hear the next turn", async () => {
    const model = await vendor("anthropic", reply(says("One.")), reply(says("Two.")));
    const { session, runId } = await start(model);
    const watches = [await Watch.open(session, 0), await Watch.open(session)];
    await endOf(session, runId);

    await evictDurableObject(session.stub());
    await endOf(session, await next(session));

    for (const watch of watches)
      await watch.until(({ type, seq }) => type === "run_completed" && seq > 9);
    const events = await eventsOf(session);
    expect(watches[0]?.events).toEqual(events);
    expectRising(events);
  });
});

describe("a turn whose object crashes", () => {
  it("starts its model step again and says what is void", async () => {
    const model = await vendor(
      "anthropic",
      stuck(says("One ", "two."), 4),
      reply(says("One ", "two.")),
    );
    const { session, runId } = await start(model);
    const watch = await Watch.open(session, 0);
    await watch.until((event) => event.type === "text_delta" && event.delta === "two.");

    await crash(session);
    expect(await runDurableObjectAlarm(session.stub())).toBe(true);

    expect(await endOf(session, runId)).toMatchObject({ text: "One two.", turns: 1 });
    const events = await eventsOf(session);
    const seen = Math.max(...watch.events.map(({ seq }) => seq));
    const restarted = events.find(({ type }) => type === "step_restarted");
    expect(restarted).toMatchObject({ reason: "crash", attempt: 1, turn_number: 0 });
    expect(restarted?.seq).toBeGreaterThan(seen);
    expect(restarted).toMatchObject({ voided_from_seq: watch.events[2]?.seq });
    expect(textOf(events.filter(({ seq }) => seq > (restarted?.seq ?? 0)))).toBe("One two.");
    expect(terminals(events, runId)).toMatchObject([{ type: "run_completed", result: "One two." }]);
    expectRising(events);
    const messages = await messagesOf(session);
    expect(messages.map(({ role }) => role)).toEqual(["system", "user", "block_assistant"]);
  });

  it("is taken up by whoever asks first, and its caller can ask again for the result", async () => {
    const model = await vendor("anthropic", stuck(says("One."), 3), reply(says("One.")));
    const { session, runId } = await start(model);
    await (await Watch.open(session, 0)).until("text_delta");

    await crash(session);

    expect(await endOf(session, runId)).toMatchObject({ text: "One." });
    expect(await endOf(session, runId)).toMatchObject({ text: "One.", run_id: runId });
  });

  it("keeps results it had, runs harmless tools again and reports the others", async () => {
    const hold = await vendor(
      "anthropic",
      { holdHeaders: true },
      { holdHeaders: true },
      { chunks: [{ data: "found" }] },
    );
    const wanted: Call[] = [
      { id: "call-1", name: "update_plan", args: { steps: [{ step: "Go", status: "pending" }] } },
      { id: "call-2", name: "book", args: { model: hold.model } },
      { id: "call-3", name: "lookup", args: { model: hold.model } },
    ];
    const model = await vendor("anthropic", reply(calls(wanted)), again("anthropic"));
    const { session, runId } = await start(model, { enable_builtins: true });
    await (await Watch.open(session, 0)).until("tool_execution_completed");
    await hold.requests(2);

    await crash(session);
    await runDurableObjectAlarm(session.stub());

    expect(await endOf(session, runId)).toMatchObject({ text: "Here I am again.", tool_calls: 3 });
    expect(await hold.requests()).toHaveLength(3);
    const events = await eventsOf(session);
    expect(types(events)).not.toContain("step_restarted");
    expect(events.filter(({ type }) => type === "tool_result_received")).toMatchObject([
      { id: "call-1", is_error: false },
      { id: "call-2", is_error: true },
      { id: "call-3", is_error: false, content: [{ text: "found" }] },
    ]);
    const completed = events.flatMap((event) =>
      event.type === "tool_execution_completed" ? [event.id] : [],
    );
    expect(completed.filter((id) => id === "call-1")).toHaveLength(1);
    expect(terminals(events, runId)).toHaveLength(1);
    expect(dialects.anthropic.order((await model.requests())[1]?.body ?? "")).toEqual([
      "user",
      "call call-1",
      "call call-2",
      "call call-3",
      "result call-1",
      "result call-2",
      "result call-3",
    ]);
  });

  it("for the fourth time fails, and the session goes on", async () => {
    const bad = Array.from({ length: 4 }, () => stuck(says("One."), 3));
    const model = await vendor("anthropic", ...bad, again("anthropic"));
    const { session, runId } = await start(model);
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      const watch = await Watch.open(session, 0);
      await watch.until(
        () => watch.events.filter(({ type }) => type === "step_restarted").length === attempt - 1,
      );
      await model.requests(attempt);
      await crash(session);
    }

    expect(await endOf(session, runId)).toMatchObject({ code: "INTERNAL_ERROR" });

    const events = await eventsOf(session);
    expect(terminals(events, runId)).toMatchObject([
      { type: "run_failed", error_report: { class: "internal" } },
    ]);
    expect(events.filter(({ type }) => type === "step_restarted")).toHaveLength(3);
    expectRising(events);
    await expectNextTurn(session, model, "anthropic", ["user", "user"]);
  });

  it("stays interrupted when it was interrupted before", async () => {
    const model = await vendor("anthropic", stuck(says("One."), 3), again("anthropic"));
    const { session, runId } = await start(model);
    await (await Watch.open(session, 0)).until("text_delta");
    await session.object().interrupt();

    await crash(session);

    expect(await endOf(session, runId)).toMatchObject({ code: "REQUEST_CANCELLED" });
    expect(terminals(await eventsOf(session), runId)).toHaveLength(1);
    await expectNextTurn(session, model, "anthropic", ["user", "user"]);
  });
});

describe("the alarm of a running turn", () => {
  it("is armed again for as long as the turn runs, and not after it", async () => {
    const model = await vendor("anthropic", gated(says("One ", "two."), 3, "rest"));
    const { session, runId } = await start(model);

    expect(await runDurableObjectAlarm(session.stub())).toBe(true);
    expect(await runDurableObjectAlarm(session.stub())).toBe(true);
    await model.open("rest");
    await endOf(session, runId);
    await runDurableObjectAlarm(session.stub());

    expect(await runDurableObjectAlarm(session.stub())).toBe(false);
    expect(types(await eventsOf(session))).not.toContain("step_restarted");
  });
});

describe("a session that is archived while idle", () => {
  it("has an alarm set before the realm hears of it, should a crash come in between", async () => {
    const realmId = newRealm();
    const session = newSession(realmId);
    await session.object().create(realmId, session.sessionId, { model: "demo" });
    await runDurableObjectAlarm(session.stub());

    const alarm = await runInDurableObject(session.stub(), async (object, { storage }) => {
      const archived = object.archive();
      const set = await storage.getAlarm();
      await archived;
      return set;
    });

    expect(alarm).not.toBeNull();
    const { directory } = partsOf<RealmParts>(realmStub(realmId));
    expect(await directory.list({ limit: 10, offset: 0, labels: {} })).toEqual([]);
  });
});
