import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { type ModelCall, partsOf, type RemoteParts } from "../../sdk/contract/index.ts";
import { newRealm, realmStub } from "../test-support.ts";
import type { RealmParts } from "./realm-parts.ts";
import type { Verdict } from "../lib/budget-decision.ts";
import type { Ask } from "./usage.ts";

const today = new Date().toISOString().slice(0, 10);

function usage(): RemoteParts<RealmParts>["usage"] {
  return partsOf<RealmParts>(realmStub(newRealm())).usage;
}

function call(number: number, about: Partial<ModelCall> = {}): ModelCall {
  return {
    number,
    at: Date.now(),
    model: "claude-opus-4-6",
    provider: "anthropic",
    usage: { input_tokens: 100, output_tokens: 50 },
    usd: 0.01,
    latency_ms: 1_000,
    retries: 0,
    tool_calls: 0,
    ...about,
  };
}

/** A call of 100 tokens in and up to 8,192 out, at a tenth of a cent for a hundred tokens out. */
function ask(limits: Ask["limits"], about: Partial<Ask> = {}): Ask {
  return {
    limits,
    inputTokens: 100,
    maxOutputTokens: 8_192,
    price: { input: 0.001, perOutputToken: 0.00001 },
    ...about,
  };
}

function answerOf(verdict: Verdict): number | string {
  return verdict.type === "granted" ? verdict.maxOutputTokens : verdict.type;
}

describe("a realm's books", () => {
  it("enter a call once, however often it is told", async () => {
    const books = usage();

    await books.enter("a", [call(1), call(2)]);
    await books.enter("a", [call(2), call(3)]);
    await books.enter("b", [call(2)]);

    const { total } = await books.read({ group_by: "day" });
    expect(total).toMatchObject({ model_calls: 4, input_tokens: 400, output_tokens: 200 });
    expect(total.usd).toBeCloseTo(0.04);
  });

  it("tell what was used by day, model and session, and how much of it has no price", async () => {
    const books = usage();
    const yesterday = Date.now() - 24 * 60 * 60_000;
    await books.enter("a", [call(1, { at: yesterday }), call(2, { usd: null, model: "own" })]);

    const report = (group_by: string) => books.read({ group_by });
    expect((await report("day")).rows.map(({ model_calls }) => model_calls)).toEqual([1, 1]);
    expect((await report("model")).rows).toMatchObject([
      { group: "claude-opus-4-6", usd: 0.01, unpriced_calls: 0 },
      { group: "own", usd: 0, unpriced_calls: 1 },
    ]);
    expect((await report("session")).rows).toMatchObject([{ group: "a", model_calls: 2 }]);
    const { rows, total } = await books.read({ from: today, to: today, group_by: "day" });
    expect(rows).toMatchObject([{ group: today, unpriced_calls: 1 }]);
    expect(total.model_calls).toBe(1);
  });

  it("tell nothing of a realm that nobody has used, and do not create it", async () => {
    const { rows, total } = await usage().read({ group_by: "label:team" });
    expect([rows, total.model_calls]).toEqual([[], 0]);
  });
});

describe("a budget", () => {
  const dollar = { realm: { usd: 0.1 } };

  it("is handed out in whole answers, then in small ones, then only as others come back", async () => {
    const books = usage();
    const sessions = ["a", "b", "c", "d"];

    const answers: (number | string)[] = [];
    for (const session of sessions) {
      answers.push(answerOf(await books.reserve(session, [], ask(dollar))));
    }
    expect(answers).toEqual([8_192, "wait", "wait", "wait"]);

    await books.enter("a", [call(1, { usd: 0.05 })]);
    await books.release("a");
    expect(answerOf(await books.reserve("b", [], ask(dollar)))).toBe(4_096);
    expect(answerOf(await books.reserve("c", [], ask(dollar)))).toBe("wait");
  });

  it("that is nearly used up leaves room for a short answer, and then for none", async () => {
    const books = usage();
    await books.enter("a", [call(1, { usd: 0.09 })]);

    expect(answerOf(await books.reserve("a", [], ask(dollar)))).toBe(900);
    const refused = await books.reserve("a", [call(2, { usd: 0.008 })], ask(dollar));
    expect(refused).toMatchObject({ type: "refused", scope: "realm", budget: "dollars" });
  });

  it.each([
    [{ day: { tokens: 150 } }, "tokens"],
    [{ day: { modelCalls: 1 } }, "model_calls"],
    [{ realm: { toolCalls: 2 } }, "tool_calls"],
    [{ day: { durationMs: 1_000 } }, "time"],
  ] as const)("of %j ends with it", async (limits, budget) => {
    const books = usage();
    expect(
      (await books.reserve("a", [], ask(limits, { inputTokens: 1, maxOutputTokens: 9 }))).type,
    ).toBe("granted");

    const next = await books.reserve("a", [call(1, { tool_calls: 2 })], ask(limits));
    expect(next).toMatchObject({ type: "refused", budget });
  });

  it("of model calls is not overrun by calls side by side", async () => {
    const books = usage();
    const two = ask({ realm: { modelCalls: 2 } });

    const answers: (number | string)[] = [];
    for (const session of ["a", "b", "c"]) {
      answers.push(answerOf(await books.reserve(session, [], two)));
    }
    expect(answers).toEqual([8_192, 8_192, "wait"]);

    expect((await books.reserve("a", [call(1)], two)).type).toBe("wait");
    expect(await books.reserve("b", [call(1)], two)).toMatchObject({ budget: "model_calls" });
    expect((await books.reserve("c", [], two)).type).toBe("refused");
  });

  it("does not make sessions wait for each other", async () => {
    const books = usage();
    const tokens = ask({ realm: { tokens: 20_000 } });
    const used = { usage: { input_tokens: 100, output_tokens: 8_000 } };
    await books.reserve("a", [], tokens);
    await books.reserve("b", [], tokens);

    expect(answerOf(await books.reserve("a", [call(1, used)], tokens))).toBe("wait");
    expect(answerOf(await books.reserve("b", [call(1, used)], tokens))).toBe(3_700);
  });

  it("in dollars cannot be kept by a model whose price nobody knows", async () => {
    const { price: _price, ...unpriced } = ask(dollar);
    expect(await usage().reserve("a", [], unpriced)).toEqual({ type: "unpriced", scope: "realm" });
  });

  it("of a day begins anew with the day", async () => {
    const books = usage();
    const yesterday = Date.now() - 24 * 60 * 60_000;
    await books.enter("a", [call(1, { at: yesterday, usd: 5 })]);

    expect((await books.reserve("a", [], ask({ day: { usd: 0.1 } }))).type).toBe("granted");
    expect((await books.reserve("a", [], ask(dollar))).type).toBe("refused");
  });

  it("counts what was set aside before the realm's object restarted", async () => {
    const stub = realmStub(newRealm());
    const books = partsOf<RealmParts>(stub).usage;
    await books.enter("a", [call(1, { usd: 0.01 })]);
    await books.reserve("a", [], ask(dollar));

    await evictDurableObject(stub);

    expect(answerOf(await books.reserve("b", [], ask(dollar)))).toBe("wait");
    await books.release("a");
    expect(answerOf(await books.reserve("b", [], ask(dollar)))).toBe(8_192);
  });
});
