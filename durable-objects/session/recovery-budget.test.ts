import { runDurableObjectAlarm } from "cloudflare:test";
import { v7 as uuidv7 } from "uuid";
import { expect, it } from "vitest";
import type { ConfigDocument, RunResult } from "../../sdk/contract/index.ts";
import { dialects } from "../providers/wire/dialects.ts";
import { chunks } from "../providers/wire/openai.ts";
import type { Reply } from "../providers/wire/script.ts";
import { configure, crash, eventsOf, newRealm, newSession, vendor } from "../test-support.ts";

const frames = dialects.anthropic.says("One ", "two.");
const whole: Reply = { chunks: chunks(frames) };
const cut: Reply = { chunks: chunks(frames.slice(0, 3)), end: "hang" };

/** A price that makes a prompt of 240,000 characters cost $0.60. */
const price = { input: 10, output: 50, cached_input: 1 };

/** A turn that dies as often as there are replies that are cut, and what comes of it. */
async function dying(config: ConfigDocument, replies: Reply[], isPriced: boolean) {
  const realmId = newRealm();
  const model = await vendor("anthropic", ...replies);
  const known = { provider: "anthropic" as const, context_window: 200_000 };
  const models = { [model.model]: { ...known, ...(isPriced && { price }) } };
  await configure(realmId, { ...config, models });
  const session = newSession(realmId);
  const run_id = uuidv7();
  const turn = { prompt: "x".repeat(240_000), model: model.model, run_id };
  await session.object().create(realmId, session.sessionId, turn);
  for (const [index] of replies.filter((reply) => reply === cut).entries()) {
    await model.requests(index + 1);
    await crash(session);
    await runDurableObjectAlarm(session.stub());
  }
  const end = await session
    .object()
    .result(run_id)
    .catch((cause: unknown) => cause as RunResult);
  const events = await eventsOf(session);
  return {
    end,
    ends: events.filter(({ type }) => type.startsWith("run_") && type !== "run_started"),
    asked: (await model.requests()).length,
  };
}

it("gives a turn up when the calls that its crashes have lost cost more than they may", async () => {
  const { end, ends, asked } = await dying({}, [cut, cut, whole], true);

  // $0.60 is lost twice; the limit is $1.
  expect(asked).toBe(2);
  expect(end).toMatchObject({ code: "BUDGET_EXHAUSTED", message: /about \$1\.20/ });
  expect(ends).toMatchObject([
    { type: "run_failed", error_class: "budget", terminal_cause_kind: "recovery_budget_exceeded" },
  ]);
});

it.each([
  ["the limit is higher", { recovery: { max_usd: 5 } }, true],
  ["no price is known", {}, false],
])("goes on when %s", async (_why, config, isPriced) => {
  const { end, asked } = await dying(config, [cut, cut, whole], isPriced);

  expect(end).toMatchObject({ text: "One two." });
  expect(asked).toBe(3);
});

it("takes a turn up as often as the realm allows, or not at all", async () => {
  const { end, ends, asked } = await dying({ recovery: { max_attempts: 0 } }, [cut], false);

  expect(asked).toBe(1);
  expect(end).toMatchObject({ code: "INTERNAL_ERROR", message: /more than 0 crashes/ });
  expect(ends).toHaveLength(1);
});
