import { v7 as uuidv7 } from "uuid";
import { describe, expect, it, vi } from "vitest";
import {
  type AppError,
  type ConfigDocument,
  partsOf,
  type RunResult,
  unpack,
} from "../../sdk/contract/index.ts";
import { messageEnd, messageStart, textBlock, toolBlock } from "../providers/wire/anthropic.ts";
import { dialects } from "../providers/wire/dialects.ts";
import { chunks } from "../providers/wire/openai.ts";
import type { Reply } from "../providers/wire/script.ts";
import type { RealmParts } from "../realm/realm-parts.ts";
import {
  configure,
  crash,
  eventsOf,
  newRealm,
  newSession,
  realmStub,
  type TestSession,
  type Vendor,
  vendor,
} from "../test-support.ts";
import type { CreateRequest } from "./intake.ts";

// Dollars per million tokens: an answer of 300 tokens to 100 costs $0.0048.
const price = { input: 3, output: 15 };
const CALL_USD = 0.0048;
const clock = { id: "call-1", name: "datetime", args: {} };
// Asking without a pause would keep the runtime from hearing what is waited for.
const PATIENCE = { timeout: 20_000 };

function says(text: string): Reply {
  return {
    chunks: chunks([
      messageStart({ input_tokens: 100 }),
      ...textBlock(0, text),
      ...messageEnd("end_turn", { output_tokens: 300 }),
    ]),
  };
}

function calls(): Reply {
  return { chunks: chunks(dialects.anthropic.calls([clock])) };
}

/** A realm whose model has a price, and what else its config says. */
async function realmWith({ model }: Vendor, config: ConfigDocument = {}): Promise<string> {
  const realmId = newRealm();
  await configure(realmId, {
    models: { [model]: { provider: "anthropic", price } },
    agent: { max_tokens_per_turn: 1_000 },
    tools: { builtins_enabled: true },
    ...config,
  });
  return realmId;
}

async function start(realmId: string, { model }: Vendor, request: Partial<CreateRequest> = {}) {
  const session = newSession(realmId);
  const run_id = uuidv7();
  const turn = { prompt: "Hello", model, run_id, ...request };
  await session.object().create(realmId, session.sessionId, turn);
  return { session, runId: run_id };
}

/** How a run ended: its result, or the error that its caller gets. */
async function endOf(session: TestSession, runId: string): Promise<RunResult | AppError> {
  try {
    return await unpack(await session.object().result(runId));
  } catch (cause) {
    return cause as AppError;
  }
}

async function next(session: TestSession): Promise<RunResult | AppError> {
  const run_id = uuidv7();
  await session.object().startTurn({ run_id, prompt: "And now?" });
  return endOf(session, run_id);
}

function books(realmId: string) {
  return partsOf<RealmParts>(realmStub(realmId)).usage.read({ group_by: "model" });
}

describe("the books", () => {
  it("hold every model call of a turn with what it cost", async () => {
    const model = await vendor("anthropic", calls(), says("Noon."));
    const realmId = await realmWith(model);
    const { session, runId } = await start(realmId, model);
    await endOf(session, runId);

    const { rows, total } = await books(realmId);

    expect(rows).toMatchObject([{ group: model.model, model_calls: 2, tool_calls: 1 }]);
    expect(total.input_tokens).toBe(112);
    expect(total.usd).toBeCloseTo(CALL_USD + (12 * 3 + 7 * 15) / 1e6, 6);
  });

  it("hold what a call had used when it was interrupted, and so does the session", async () => {
    const begun = [messageStart({ input_tokens: 500 }), ...textBlock(0, "One ").slice(0, 2)];
    const model = await vendor("anthropic", { chunks: chunks(begun), end: "hang" });
    const realmId = await realmWith(model);
    const { session, runId } = await start(realmId, model);
    await model.requests(1);
    const told = async () => (await eventsOf(session)).some(({ type }) => type === "text_delta");
    await vi.waitUntil(told, PATIENCE);

    await session.object().interrupt();

    await endOf(session, runId);
    expect((await books(realmId)).total).toMatchObject({ model_calls: 1, input_tokens: 500 });
    expect((await session.object().read()).usage.input_tokens).toBe(500);
  });

  it("enter a call once, whatever crashes", async () => {
    const model = await vendor("anthropic", says("One."), says("Two."));
    const realmId = await realmWith(model);
    const { session, runId } = await start(realmId, model);
    await endOf(session, runId);
    await crash(session);

    await next(session);

    expect((await books(realmId)).total.model_calls).toBe(2);
  });
});

describe("a turn's budget", () => {
  it.each([
    [{ max_usd: 0.006 }, "dollars"],
    [{ max_model_calls: 1 }, "model_calls"],
  ])("of %j ends it well, with what it has", async (budget_limits, budget_type) => {
    const dear = [
      messageStart({ input_tokens: 1_500 }),
      ...textBlock(0, "Let me see."),
      ...toolBlock(1, "call-1", "{}"),
      ...messageEnd("tool_use"),
    ];
    const model = await vendor("anthropic", { chunks: chunks(dear) }, says("Noon."));
    const { session, runId } = await start(await realmWith(model), model, { budget_limits });

    expect(await endOf(session, runId)).toMatchObject({
      text: "Let me see.",
      terminal_cause_kind: "budget_exhausted",
    });

    expect(await eventsOf(session)).toContainEqual(
      expect.objectContaining({ type: "budget_warning", budget_type, scope: "turn" }),
    );
    expect(await model.requests()).toHaveLength(1);
  });

  it("in dollars shortens the answer to what is left of it", async () => {
    const model = await vendor("anthropic", says("Noon."));
    const realmId = await realmWith(model);
    const { session, runId } = await start(realmId, model, { budget_limits: { max_usd: 0.009 } });
    await endOf(session, runId);

    const [request] = await model.requests();
    const { max_tokens } = JSON.parse(request?.body ?? "{}");
    expect(max_tokens).toBeLessThan(600);
    expect(max_tokens).toBeGreaterThan(500);
  });

  it("in dollars refuses a model whose price nobody knows, and says what to do", async () => {
    const model = await vendor("anthropic");
    const { session, runId } = await start(newRealm(), model, { budget_limits: { max_usd: 1 } });

    const end = await endOf(session, runId);

    expect(end).toMatchObject({ code: "BUDGET_EXHAUSTED" });
    expect((end as AppError).message).toMatch(/models\.<id>\.price/);
    expect(await model.requests()).toHaveLength(0);
  });
});

describe("a session's budget", () => {
  it("counts over its turns and is told before it ends", async () => {
    const model = await vendor("anthropic", says("One."), says("Two."), says("Three."));
    const realmId = await realmWith(model, { budgets: { session: { max_model_calls: 2 } } });
    const { session, runId } = await start(realmId, model);

    expect(await endOf(session, runId)).toMatchObject({ text: "One." });
    expect(await next(session)).toMatchObject({ text: "Two." });
    expect(await next(session)).toMatchObject({ code: "BUDGET_EXHAUSTED" });
    expect(await model.requests()).toHaveLength(2);
    expect((await session.object().read()).state).toBe("idle");
  });
});

describe("a realm's budget", () => {
  it("is not overrun by forty sessions at once, on the vendor's own ledger", async () => {
    const replies = Array.from({ length: 40 }, (_, index) => says(`Answer ${index}.`));
    const model = await vendor("anthropic", ...replies);
    const realmId = await realmWith(model, { budgets: { realm: { max_usd: 0.1 } } });

    const ends = await Promise.all(
      replies.map(async () => {
        const { session, runId } = await start(realmId, model);
        return endOf(session, runId);
      }),
    );

    const paid = (await model.requests()).length * CALL_USD;
    // A step reserves its longest answer: 1,000 tokens and the question.
    const step = 0.016;
    expect(paid).toBeLessThanOrEqual(0.1 + step);
    expect(paid).toBeGreaterThanOrEqual(0.1 - step);
    const refused = ends.filter((end) => "code" in end && end.code === "BUDGET_EXHAUSTED");
    expect(refused.length).toBe(40 - (await model.requests()).length);
    expect((await books(realmId)).total.usd).toBeCloseTo(paid, 6);
  }, 60_000);

  it("of a day warns at its threshold", async () => {
    const model = await vendor("anthropic", says("One."), says("Two."));
    const realmId = await realmWith(model, { budgets: { day: { max_tokens: 2_000 } } });
    const { session, runId } = await start(realmId, model, { max_tokens: 300 });
    await endOf(session, runId);
    await configure(realmId, {
      models: { [model.model]: { provider: "anthropic", price } },
      budgets: { day: { max_tokens: 2_000 } },
      agent: { budget_warning_threshold: 0.1 },
    });

    await next(session);

    expect(await eventsOf(session)).toContainEqual(
      expect.objectContaining({ type: "budget_warning", budget_type: "tokens", scope: "day" }),
    );
  });
});
