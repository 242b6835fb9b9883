import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { v7 as uuidv7 } from "uuid";
import { describe, expect, it } from "vitest";
import type { ConfigDocument } from "../../sdk/contract/index.ts";
import { unpack } from "../../sdk/contract/index.ts";
import { failure, messageStart } from "../providers/wire/anthropic.ts";
import type { Call } from "../providers/wire/dialects.ts";
import { dialects, SEAL } from "../providers/wire/dialects.ts";
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
  vendor,
  Watch,
} from "../test-support.ts";
import type { CreateRequest } from "./intake.ts";

const vendors = ["anthropic", "openai", "gemini"] as const;

type Compaction = NonNullable<ConfigDocument["compaction"]>;

/** Condenses as soon as it may: every call is over the threshold. */
const eager: Compaction = {
  auto_compact_threshold: 1,
  recent_turn_budget: 1,
  min_turns_between_compactions: 1,
};

function says(name: VendorName, ...words: string[]): Reply {
  return { chunks: chunks(dialects[name].says(...words)) };
}

function calls(name: VendorName, wanted: readonly Call[], thought?: string): Reply {
  return { chunks: chunks(dialects[name].calls(wanted, thought)) };
}

/** How each vendor refuses a prompt that its model cannot hold. */
const refusals: Record<VendorName, Reply> = {
  anthropic: refusal(
    failure("invalid_request_error", "prompt is too long: 215000 tokens > 200000 maximum"),
  ),
  openai: refusal({
    error: {
      message: "Your input exceeds the context window of this model. Please adjust your input.",
      type: "invalid_request_error",
      param: "input",
      code: "context_length_exceeded",
    },
  }),
  gemini: refusal({
    error: {
      code: 400,
      message: "The input token count (1200000) exceeds the maximum number of tokens allowed.",
      status: "INVALID_ARGUMENT",
    },
  }),
};

function refusal(body: object): Reply {
  const headers = { "content-type": "application/json" };
  return { status: 400, headers, chunks: [{ data: JSON.stringify(body) }] };
}

async function sessionWith(compaction: Compaction): Promise<TestSession> {
  const realmId = newRealm();
  await configure(realmId, { compaction, retry: { max_retries: 0 } });
  return newSession(realmId);
}

/** Runs the session's first turn to its end. */
async function first(session: TestSession, { model }: Vendor, request: Partial<CreateRequest>) {
  const { realmId, sessionId } = session;
  const run_id = uuidv7();
  await session.object().create(realmId, sessionId, { model, run_id, ...request });
  return await unpack(await session.object().result(run_id));
}

async function begin(session: TestSession, prompt: string): Promise<string> {
  const run_id = uuidv7();
  await session.object().startTurn({ run_id, prompt });
  return run_id;
}

/** Runs a further turn to its end. */
async function next(session: TestSession, prompt: string) {
  return await unpack(await session.object().result(await begin(session, prompt)));
}

/** What is told of compactions, in order. */
async function compactions(session: TestSession): Promise<WireEvent[]> {
  return (await eventsOf(session)).filter(({ type }) => type.startsWith("compaction_"));
}

function types(events: readonly WireEvent[]): string[] {
  return events.map(({ type }) => type);
}

/** A call without its seal, and its result: Gemini knows a call's id only from its own sealed content. */
function callAndResult(name: VendorName, id: string): string[] {
  const shown = name === "gemini" ? undefined : id;
  return [`call ${shown}`, `result ${shown}`];
}

async function bodies(model: Vendor): Promise<string[]> {
  return (await model.requests()).map(({ body }) => body);
}

describe.each(vendors)("a transcript over the threshold, with %s", (name) => {
  it("is condensed but for its recent turns, and stays whole in the history", async () => {
    const session = await sessionWith({ ...eager, recent_turn_budget: 2, max_summary_tokens: 321 });
    const model = await vendor(
      name,
      says(name, "Answer one."),
      says(name, "Answer two."),
      says(name, "SUMMARY."),
      says(name, "Answer three."),
    );
    await first(session, model, { prompt: "Alpha" });
    await next(session, "Beta");
    expect(await compactions(session)).toEqual([]);

    const result = await next(session, "Gamma");

    expect(result).toMatchObject({ text: "Answer three.", turns: 1 });
    const told = types(await eventsOf(session));
    expect(told.slice(told.lastIndexOf("run_started"))).toEqual([
      "run_started",
      "turn_started",
      "compaction_started",
      "compaction_completed",
      ...(name === "openai" ? ["text_delta", "text_delta"] : ["text_delta"]),
      "text_complete",
      "turn_completed",
      "run_completed",
    ]);
    expect(await compactions(session)).toMatchObject([
      {
        input_tokens: name === "openai" ? 1200 : 12,
        estimated_history_tokens: expect.any(Number) as unknown,
        message_count: 6,
      },
      { summary_tokens: expect.any(Number) as unknown, messages_before: 6, messages_after: 5 },
    ]);

    const [, second = "", summary = "", third = ""] = await bodies(model);
    expect(summary).toContain("Alpha");
    expect(summary).toContain("Answer one.");
    expect(summary).not.toContain("Beta");
    expect(summary).toContain("321");
    expect(dialects[name].order(summary)).toEqual(["user"]);
    expect(dialects[name].order(third)).toEqual(["user", "user", "assistant", "user"]);
    expect(third).toContain("SUMMARY.");
    expect(third).toContain("Beta");
    expect(third).not.toMatch(/Alpha|Answer one/);
    expect(second).toContain("Alpha");

    const page = await unpack(await session.object().history(0, undefined));
    expect(page).toMatchObject({ message_count: 7, has_more: false });
    expect(page.messages).toHaveLength(7);
    expect(JSON.stringify(page.messages)).toMatch(/Alpha.*Answer one.*Beta.*Gamma.*Answer three/s);
    expect(JSON.stringify(page.messages)).not.toContain("SUMMARY");
    // Three answers and the summary.
    const [input, output] = { anthropic: [12, 7], openai: [1200, 75], gemini: [12, 1] }[name] ?? [];
    expect(result.usage).toMatchObject({
      input_tokens: 4 * (input ?? 0),
      ...(name === "gemini" ? {} : { output_tokens: 4 * (output ?? 0) }),
    });
  });

  it("keeps calls with their results, and shows no seal that was made after other messages", async () => {
    const session = await sessionWith({ ...eager, recent_turn_budget: 2 });
    const call = { id: "call-1", name: "datetime", args: {} };
    const model = await vendor(
      name,
      says(name, "Answer one."),
      calls(name, [call], "I think."),
      { chunks: chunks(dialects[name].thinks("I think on.", "Noon.")) },
      says(name, "SUMMARY."),
      { chunks: chunks(dialects[name].thinks("Anew.", "Answer three.")) },
      says(name, "Answer four."),
    );
    await first(session, model, { prompt: "Alpha", enable_builtins: true });
    const run_id = uuidv7();
    await session.object().startTurn({ run_id, prompt: "Beta", enable_builtins: true });
    await session.object().result(run_id);

    await next(session, "Gamma");

    const third = (await bodies(model))[4] ?? "";
    expect(dialects[name].order(third)).toEqual([
      "user",
      "user",
      ...callAndResult(name, "call-1"),
      "assistant",
      "user",
    ]);
    expect(third).not.toContain(SEAL);
    expect(third).not.toContain("I think");
  });

  it("is not condensed in the first turn, however long that is", async () => {
    const session = await sessionWith(eager);
    const call = { id: "call-1", name: "datetime", args: {} };
    const model = await vendor(name, calls(name, [call]), says(name, "Noon."));

    await first(session, model, { prompt: "x".repeat(500_000), enable_builtins: true });

    expect(await compactions(session)).toEqual([]);
    expect(await bodies(model)).toHaveLength(2);
  });

  it("is condensed again on top of the summary that it has", async () => {
    const session = await sessionWith(eager);
    const model = await vendor(
      name,
      says(name, "Answer one."),
      says(name, "SUMMARY-A."),
      says(name, "Answer two."),
      says(name, "SUMMARY-B."),
      says(name, "Answer three."),
    );
    await first(session, model, { prompt: "Alpha" });
    await next(session, "Beta");

    await next(session, "Gamma");

    const [, , second = "", summary = "", third = ""] = await bodies(model);
    expect(second).toContain("SUMMARY-A.");
    expect(summary).toContain("SUMMARY-A.");
    expect(summary).toContain("Beta");
    expect(summary).not.toContain("Alpha");
    expect(dialects[name].order(third)).toEqual(["user", "user"]);
    expect(third).toContain("SUMMARY-B.");
    expect(third).not.toMatch(/SUMMARY-A|Beta/);
    expect(await messagesOf(session)).toHaveLength(7);
  });
});

describe.each(vendors)("a prompt that %s finds too long", (name) => {
  it("is condensed and sent once more", async () => {
    const session = await sessionWith({});
    const model = await vendor(
      name,
      says(name, "Answer one."),
      refusals[name],
      says(name, "SUMMARY."),
      says(name, "Answer two."),
    );
    await first(session, model, { prompt: "Alpha" });

    expect(await next(session, "Beta")).toMatchObject({ text: "Answer two." });

    const told = types(await eventsOf(session));
    expect(told.filter((type) => type.startsWith("compaction_"))).toEqual([
      "compaction_started",
      "compaction_completed",
    ]);
    expect(told.filter((type) => type === "run_completed")).toHaveLength(2);
    const again = (await bodies(model))[3] ?? "";
    expect(dialects[name].order(again)).toEqual(["user", "user"]);
    expect(again).not.toContain("Alpha");
  });

  it("for its own tool results loses the older of them, but not what was asked", async () => {
    const session = await sessionWith({});
    const [one, two] = ["call-1", "call-2"].map((id) => ({ id, name: "datetime", args: {} }));
    const model = await vendor(
      name,
      calls(name, one ? [one] : []),
      calls(name, two ? [two] : []),
      refusals[name],
      says(name, "SUMMARY."),
      says(name, "Noon."),
    );

    const result = await first(session, model, { prompt: "Alpha", enable_builtins: true });

    expect(result).toMatchObject({ text: "Noon.", turns: 3, tool_calls: 2 });
    const again = (await bodies(model))[4] ?? "";
    expect(dialects[name].order(again)).toEqual(["user", ...callAndResult(name, "call-2")]);
    expect(again).toMatch(/SUMMARY\..*Alpha/s);
  });

  it("fails the turn if there is nothing to condense", async () => {
    const session = await sessionWith({});
    const model = await vendor(name, refusals[name]);

    await expect(
      async () => await first(session, model, { prompt: "Alpha" }),
    ).rejects.toMatchObject({ code: "PROVIDER_ERROR" });

    expect(await compactions(session)).toEqual([]);
    expect(await bodies(model)).toHaveLength(1);
  });
});

const claude = "anthropic";

describe("a summary", () => {
  it("that fails is told, and the turn goes on with all it had", async () => {
    const session = await sessionWith(eager);
    const model = await vendor(
      claude,
      says(claude, "Answer one."),
      refusal(failure("invalid_request_error", "No, not today")),
      says(claude, "Answer two."),
    );
    await first(session, model, { prompt: "Alpha" });

    expect(await next(session, "Beta")).toMatchObject({ text: "Answer two." });

    expect(await compactions(session)).toMatchObject([
      { type: "compaction_started" },
      {
        type: "compaction_failed",
        error: expect.stringContaining("No, not today") as unknown,
        reason: { kind: "invalid_request" },
      },
    ]);
    expect(dialects.anthropic.order((await bodies(model))[2] ?? "")).toEqual([
      "user",
      "assistant",
      "user",
    ]);
  });

  it("that is empty is told as a failure", async () => {
    const session = await sessionWith(eager);
    const replies = [says(claude, "One."), says(claude), says(claude, "Two.")];
    const model = await vendor(claude, ...replies);
    await first(session, model, { prompt: "Alpha" });

    expect(await next(session, "Beta")).toMatchObject({ text: "Two." });

    expect((await compactions(session)).at(-1)).toMatchObject({
      reason: { kind: "empty_summary" },
    });
  });

  it("of too much is asked for again with less", async () => {
    const session = await sessionWith(eager);
    const model = await vendor(
      claude,
      says(claude, "One."),
      refusals.anthropic,
      says(claude, "SUMMARY."),
      says(claude, "Two."),
    );
    await first(session, model, { prompt: "Alpha ".repeat(60_000) });

    await next(session, "Beta");

    const [, whole = "", half = ""] = await bodies(model);
    expect(half.length).toBeLessThan(whole.length);
    expect(types(await compactions(session))).toEqual([
      "compaction_started",
      "compaction_completed",
    ]);
  });

  it("comes no sooner than so many model calls after the last one", async () => {
    const session = await sessionWith({ ...eager, min_turns_between_compactions: 2 });
    const words = ["One.", "SUMMARY-A.", "Two.", "Three.", "SUMMARY-B.", "Four."];
    const model = await vendor(claude, ...words.map((word) => says(claude, word)));
    await first(session, model, { prompt: "Alpha" });

    const results = [];
    for (const prompt of ["Beta", "Gamma", "Delta"]) results.push(await next(session, prompt));

    expect(results.map(({ text }) => text)).toEqual(["Two.", "Three.", "Four."]);
  });

  it("is made between two model calls when the turn itself grows too long", async () => {
    const session = await sessionWith({ ...eager, auto_compact_threshold: 4_000 });
    const [, ...frames] = dialects.anthropic.calls([{ id: "c-1", name: "datetime", args: {} }]);
    const model = await vendor(
      claude,
      says(claude, "One."),
      { chunks: chunks([messageStart({ input_tokens: 5_000 }), ...frames]) },
      says(claude, "SUMMARY."),
      says(claude, "Noon."),
    );
    await first(session, model, { prompt: "Alpha", enable_builtins: true });
    const run_id = uuidv7();
    await session.object().startTurn({ run_id, prompt: "Beta", enable_builtins: true });

    expect(await session.object().result(run_id)).toMatchObject({ text: "Noon.", turns: 2 });

    expect((await compactions(session))[0]).toMatchObject({ input_tokens: 5_000 });
    const [, before = "", , after = ""] = await bodies(model);
    expect(before).toContain("Alpha");
    expect(after).not.toContain("Alpha");
    expect(dialects.anthropic.order(after)).toEqual(["user", "user", "call c-1", "result c-1"]);
  });

  it("leaves what the application told the model as it was", async () => {
    const session = await sessionWith(eager);
    const words = ["One.", "SUMMARY-A.", "Two.", "SUMMARY-B.", "Three."];
    const model = await vendor(claude, ...words.map((word) => says(claude, word)));
    await first(session, model, { prompt: "Alpha", system_prompt: "Be brief." });
    const created_at = new Date().toISOString();
    const note = { role: "system", content: "The user is called Ada.", created_at } as const;
    await session.object().note(note, undefined, true);
    await next(session, "Beta");
    await next(session, "Gamma");

    const [, , , summary = "", last = ""] = await bodies(model);
    expect(summary).toContain("Beta");
    expect(summary).not.toContain("Ada");
    expect(JSON.parse(last)).toMatchObject({
      system: [{ text: "Be brief.\n\nThe user is called Ada." }],
    });
  });

  it("is not begun by a config that came after the turn, but by the next turn's", async () => {
    const session = await sessionWith({});
    const model = await vendor(
      claude,
      says(claude, "One."),
      says(claude, "Two."),
      says(claude, "SUMMARY."),
      says(claude, "Three."),
    );
    await first(session, model, { prompt: "Alpha" });
    await next(session, "Beta");
    expect(await compactions(session)).toEqual([]);

    await configure(session.realmId, { compaction: eager });
    await next(session, "Gamma");

    expect(types(await compactions(session))).toEqual([
      "compaction_started",
      "compaction_completed",
    ]);
  });
});

describe("a session with a summary", () => {
  it("shows the vendor the same beginning after it slept", async () => {
    const session = await sessionWith({ ...eager, min_turns_between_compactions: 9 });
    const words = ["One.", "SUMMARY.", "Two.", "Three."];
    const model = await vendor(claude, ...words.map((word) => says(claude, word)));
    await first(session, model, { prompt: "Alpha" });
    await next(session, "Beta");

    await evictDurableObject(session.stub());
    await next(session, "Gamma");

    const [, , before = "", after = ""] = await bodies(model);
    expect(dialects.anthropic.order(after)).toEqual(["user", "user", "assistant", "user"]);
    // All but the brackets that close the shorter one.
    const prefix = before.slice(0, before.lastIndexOf("]}"));
    expect(after.startsWith(prefix)).toBe(true);
    expect(await messagesOf(session)).toHaveLength(7);
  });

  it("takes an interrupt while it is condensed, and condenses in its next turn", async () => {
    const session = await sessionWith(eager);
    const stuck = {
      chunks: chunks(dialects.anthropic.says("SUM").slice(0, 3)),
      end: "hang",
    } as const;
    const model = await vendor(
      claude,
      says(claude, "One."),
      stuck,
      says(claude, "SUMMARY."),
      says(claude, "Three."),
    );
    await first(session, model, { prompt: "Alpha" });
    const runId = await begin(session, "Beta");
    await model.requests(2);

    expect(await session.object().interrupt()).toMatchObject({ interrupted: true });

    await expect(async () => await session.object().result(runId)).rejects.toMatchObject({
      code: "REQUEST_CANCELLED",
    });
    expect(await model.requests("aborted")).toMatchObject([{}, { aborted: true }]);
    expect(types(await compactions(session))).toEqual(["compaction_started"]);
    expect(await next(session, "Gamma")).toMatchObject({ text: "Three." });
    expect(types(await compactions(session)).slice(1)).toEqual([
      "compaction_started",
      "compaction_completed",
    ]);
  });

  it("that crashes while it is condensed says so and condenses again", async () => {
    const session = await sessionWith(eager);
    const stuck = {
      chunks: chunks(dialects.anthropic.says("SUM").slice(0, 3)),
      end: "hang",
    } as const;
    const model = await vendor(
      claude,
      says(claude, "One."),
      stuck,
      says(claude, "SUMMARY."),
      says(claude, "Two."),
    );
    await first(session, model, { prompt: "Alpha" });
    const runId = await begin(session, "Beta");
    await model.requests(2);

    await crash(session);
    await runDurableObjectAlarm(session.stub());

    expect(await session.object().result(runId)).toMatchObject({ text: "Two." });
    const told = types(await eventsOf(session));
    expect(told.slice(told.lastIndexOf("turn_started"))).toEqual([
      "turn_started",
      "compaction_started",
      "step_restarted",
      "compaction_started",
      "compaction_completed",
      "text_delta",
      "text_complete",
      "turn_completed",
      "run_completed",
    ]);
  });

  it("that crashes right after keeps it and pays for it once", async () => {
    const session = await sessionWith(eager);
    const stuck = {
      chunks: chunks(dialects.anthropic.says("Tw").slice(0, 3)),
      end: "hang",
    } as const;
    const model = await vendor(
      claude,
      says(claude, "One."),
      says(claude, "SUMMARY."),
      stuck,
      says(claude, "Two."),
    );
    await first(session, model, { prompt: "Alpha" });
    const watch = await Watch.open(session);
    const runId = await begin(session, "Beta");
    await watch.until("text_delta");

    await crash(session);
    await runDurableObjectAlarm(session.stub());

    const result = await session.object().result(runId);
    expect(result).toMatchObject({ text: "Two.", usage: { input_tokens: 3 * 12 } });
    const events = await eventsOf(session);
    const completed = events.find(({ type }) => type === "compaction_completed");
    const restarted = events.find((event) => event.type === "step_restarted");
    expect(restarted).toMatchObject({ voided_from_seq: (completed?.seq ?? 0) + 1 });
    expect(types(await compactions(session))).toHaveLength(2);
    expect(await bodies(model)).toHaveLength(4);
  });

  it("takes in a prompt that steers while it is condensed", async () => {
    const session = await sessionWith(eager);
    const frames = chunks(dialects.anthropic.says("SUMMARY."));
    const gated = frames.map((chunk, at) => (at === 2 ? { ...chunk, gate: "rest" } : chunk));
    const model = await vendor(
      claude,
      says(claude, "One."),
      { chunks: gated },
      says(claude, "Two."),
    );
    await first(session, model, { prompt: "Alpha" });
    const runId = await begin(session, "Beta");
    await model.requests(2);

    await session
      .object()
      .startTurn({ run_id: uuidv7(), prompt: "And Gamma", handling_mode: "steer" });
    await model.open("rest");

    expect(await session.object().result(runId)).toMatchObject({ text: "Two.", turns: 1 });
    const last = (await bodies(model)).at(-1) ?? "";
    expect(dialects.anthropic.order(last)).toEqual(["user", "user", "user"]);
    expect(last).toMatch(/Beta.*And Gamma/s);
  });

  it("is rewound behind what the summary stands for, and then shows all that is left as it was said", async () => {
    const session = await sessionWith({ ...eager, min_turns_between_compactions: 9 });
    const words = ["One.", "SUMMARY.", "Two.", "Three.", "Four."];
    const model = await vendor(claude, ...words.map((word) => says(claude, word)));
    await first(session, model, { prompt: "Alpha" });
    await next(session, "Beta");
    await next(session, "Gamma");

    const undone = await session.object().rewind({ turns: 1, idempotency_key: uuidv7() });
    expect(undone).toMatchObject({ messageCount: 5, removedMessages: 2 });
    await next(session, "Delta");
    const kept = (await bodies(model)).at(-1) ?? "";
    expect(kept).toMatch(/SUMMARY.*Beta.*Two.*Delta/s);
    expect(kept).not.toMatch(/Gamma/);

    await session.object().rewind({ turns: 2, idempotency_key: uuidv7() });
    await configure(session.realmId, { retry: { max_retries: 0 } });
    await next(session, "Epsilon").catch(() => undefined);
    const whole = (await bodies(model)).at(-1) ?? "";
    expect(dialects.anthropic.order(whole)).toEqual(["user", "assistant", "user"]);
    expect(whole).toMatch(/Alpha.*One.*Epsilon/s);
    expect(whole).not.toMatch(/SUMMARY|Beta/);
  });
});
