import { v7 as uuidv7 } from "uuid";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { partsOf, type RunResult, unpack } from "../../sdk/contract/index.ts";
import { dialects } from "../providers/wire/dialects.ts";
import { chunks } from "../providers/wire/openai.ts";
import type { Reply } from "../providers/wire/script.ts";
import type { RealmParts } from "../realm/realm-parts.ts";
import {
  eventsOf,
  messagesOf,
  newRealm,
  newSession,
  realmStub,
  type TestSession,
  vendor,
} from "../test-support.ts";
import { builtins } from "../tools/index.ts";
import { defineTool } from "../tools/define-tool.ts";
import type { Tool } from "../tools/tool.ts";

const { says, calls } = dialects.anthropic;
const reply = (frames: readonly string[]): Reply => ({ chunks: chunks(frames) });
const look = (...ids: string[]) =>
  reply(calls(ids.map((id) => ({ id, name: "datetime", args: {} }))));

function configOf(realmId: string) {
  return partsOf<RealmParts>(realmStub(realmId)).config;
}

async function start(
  session: TestSession,
  request: object = {},
): Promise<{ runId: string; result: () => Promise<RunResult> }> {
  const { realmId, sessionId } = session;
  const runId = uuidv7();
  const turn = { prompt: "Hello", run_id: runId, ...request };
  await session.object().create(realmId, sessionId, turn);
  return { runId, result: async () => unpack(await session.object().result(runId)) };
}

async function next(session: TestSession): Promise<RunResult> {
  const run_id = uuidv7();
  await session.object().startTurn({ run_id, prompt: "And now?" });
  return unpack(await session.object().result(run_id));
}

/** What the vendor was asked, as far as these tests look into it. */
interface Asked {
  max_tokens: number;
  system?: unknown;
}

async function askedOf(model: Awaited<ReturnType<typeof vendor>>): Promise<Asked[]> {
  return (await model.requests()).map(({ body }) => JSON.parse(body) as Asked);
}

describe("a change of the config", () => {
  it("reaches the next turn of a session that is there already, never a running one", async () => {
    const realmId = newRealm();
    await configOf(realmId).set({ agent: { max_tokens_per_turn: 1_111 } });
    const [first, ...rest] = chunks(calls([{ id: "one", name: "datetime", args: {} }]));
    const held: Reply = { chunks: [{ ...first, gate: "rest" }, ...rest] };
    const model = await vendor("anthropic", held, reply(says("One.")), reply(says("Two.")));
    const session = newSession(realmId);
    const running = await start(session, { model: model.model, enable_builtins: true });

    await configOf(realmId).set({ agent: { max_tokens_per_turn: 2_222, max_turns: 1 } });
    await model.open("rest");
    await running.result();
    await next(session);

    const asked = await askedOf(model);
    expect(asked.map(({ max_tokens }) => max_tokens)).toEqual([1_111, 1_111, 2_222]);
  });
});

describe("the config's", () => {
  it.each([
    [{}, 16_384],
    [{ max_tokens: 700 }, 700],
    [{ max_tokens: 700, agent: { max_tokens_per_turn: 900 } }, 900],
  ])("token limits in %j allow a model call %d tokens", async (config, most) => {
    const realmId = newRealm();
    await configOf(realmId).set(config);
    const model = await vendor("anthropic", reply(says("Yes.")));

    const { result } = await start(newSession(realmId), { model: model.model });
    await result();

    expect((await askedOf(model))[0]?.max_tokens).toBe(most);
  });

  it("prompt and instructions are what a new session starts with", async () => {
    const realmId = newRealm();
    await configOf(realmId).set({
      agent: { system_prompt: "Be brief.", tool_instructions: "Use tools.", model: "demo" },
    });
    const session = newSession(realmId);

    await (await start(session)).result();

    expect((await messagesOf(session))[0]).toMatchObject({ content: "Be brief.\n\nUse tools." });
    expect(await session.object().read()).toMatchObject({ model: "demo" });
  });

  it("provider and models say which model is meant when none is named", async () => {
    const realmId = newRealm();
    const model = await vendor("openai", reply(dialects.openai.says("Yes.")));
    await configOf(realmId).set({ provider: { type: "openai" }, models: { openai: model.model } });
    const session = newSession(realmId);

    expect(await (await start(session)).result()).toMatchObject({ text: "Yes." });
    expect(await session.object().read()).toMatchObject({ provider: "openai" });
  });

  it.each([
    [{ limits: { budget: 1 } }, { budget_type: "tokens", percent: 1 }],
    [{ limits: { budget: 1_000 }, budget: { max_tokens: 1 } }, { budget_type: "tokens" }],
    [{ budget: { max_tool_calls: 1 } }, { budget_type: "tool_calls", limit: 1, percent: 1 }],
  ])("budget %j ends a turn well before more tools run", async (config, warning) => {
    const realmId = newRealm();
    await configOf(realmId).set({ ...config, tools: { builtins_enabled: true } });
    const model = await vendor("anthropic", look("a", "b"), reply(says("No.")));
    const session = newSession(realmId);

    const { result } = await start(session, { model: model.model });

    expect(await result()).toMatchObject({ terminal_cause_kind: "budget_exhausted", turns: 1 });
    const warnings = (await eventsOf(session)).filter(({ type }) => type === "budget_warning");
    expect(warnings).toMatchObject([warning]);
  });

  it("warning threshold counts tool calls, too", async () => {
    const realmId = newRealm();
    await configOf(realmId).set({
      agent: { budget_warning_threshold: 0.5 },
      budget: { max_tool_calls: 4 },
      tools: { builtins_enabled: true },
    });
    const model = await vendor("anthropic", look("a"), look("b"), look("c"), reply(says("Yes.")));
    const session = newSession(realmId);

    await (await start(session, { model: model.model })).result();

    expect((await eventsOf(session)).filter(({ type }) => type === "budget_warning")).toMatchObject(
      [{ budget_type: "tool_calls", used: 2, limit: 4, percent: 0.5 }],
    );
  });

  it.each(["max_duration", "max_turn_duration"])("limits.%s ends a turn hard", async (key) => {
    const realmId = newRealm();
    await configOf(realmId).set({ limits: { [key]: "50ms" }, budget: { max_duration: "1h" } });
    const model = await vendor("anthropic", { holdHeaders: true });

    const { result } = await start(newSession(realmId), { model: model.model });

    await expect(result).rejects.toMatchObject({ code: "BUDGET_EXHAUSTED" });
  });

  it("limits.max_sessions is never passed, not even by many at once, and archiving makes room", async () => {
    const realmId = newRealm();
    await configOf(realmId).set({ limits: { max_sessions: 3 }, agent: { model: "demo" } });
    const sessions = Array.from({ length: 8 }, () => newSession(realmId));

    const made = await Promise.allSettled(sessions.map((session) => start(session)));

    const open = sessions.filter((_, index) => made[index]?.status === "fulfilled");
    expect(open).toHaveLength(3);
    expect(made.filter(({ status }) => status === "rejected")).toMatchObject(
      Array.from({ length: 5 }, () => ({
        reason: { code: "SERVICE_UNAVAILABLE", details: { max_sessions: 3 } },
      })),
    );
    await expect(() => start(newSession(realmId))).rejects.toThrow("archive one first");
    await open[0]?.object().archive();
    await start(newSession(realmId));
  });
});

describe("tools", () => {
  /** Offers a tool under a name of the test's own. */
  async function withTool<T>(tool: Tool, work: () => Promise<T>): Promise<T> {
    const box = builtins as Map<string, Tool>;
    box.set(tool.definition.name, tool);
    try {
      return await work();
    } finally {
      box.delete(tool.definition.name);
    }
  }

  it("have the time of tool_timeouts, others the default one", async () => {
    const realmId = newRealm();
    await configOf(realmId).set({
      tools: { builtins_enabled: true, default_timeout: "1h", tool_timeouts: { stuck: "20ms" } },
    });
    const stuck = defineTool({
      name: "stuck",
      description: "Never answers",
      input: z.object({}),
      idempotent: true,
      execute: () => new Promise<string>(() => {}),
    });
    const model = await vendor(
      "anthropic",
      reply(
        calls([
          { id: "a", name: "stuck", args: {} },
          { id: "b", name: "datetime", args: {} },
        ]),
      ),
      reply(says("Done.")),
    );
    const session = newSession(realmId);

    await withTool(stuck, async () => (await start(session, { model: model.model })).result());

    const events = await eventsOf(session);
    expect(events.filter(({ type }) => type.startsWith("tool_execution_"))).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          type: "tool_execution_timed_out",
          name: "stuck",
          timeout_ms: 20,
        }),
        expect.objectContaining({ type: "tool_execution_completed", name: "datetime" }),
      ]),
    );
  });

  it("run max_concurrent at once", async () => {
    const realmId = newRealm();
    await configOf(realmId).set({ tools: { builtins_enabled: true, max_concurrent: 2 } });
    let running = 0;
    const seen: number[] = [];
    const counted = defineTool({
      name: "counted",
      description: "Counts who runs beside it",
      input: z.object({}),
      idempotent: true,
      execute: async () => {
        running += 1;
        seen.push(running);
        await Promise.resolve();
        running -= 1;
        return "ok";
      },
    });
    const five = ["a", "b", "c", "d", "e"].map((id) => ({ id, name: "counted", args: {} }));
    const model = await vendor("anthropic", reply(calls(five)), reply(says("Done.")));

    const result = await withTool(counted, async () =>
      (await start(newSession(realmId), { model: model.model })).result(),
    );

    expect(result).toMatchObject({ tool_calls: 5, text: "Done." });
    expect(seen).toHaveLength(5);
    expect(Math.max(...seen)).toBe(2);
  });
});
