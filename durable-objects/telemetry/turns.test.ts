import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { v7 as uuidv7 } from "uuid";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type AgentEvent, toAppError, unpack } from "../../sdk/contract/index.ts";
import { dialects } from "../providers/wire/dialects.ts";
import { failure } from "../providers/wire/anthropic.ts";
import { chunks } from "../providers/wire/openai.ts";
import type { Reply } from "../providers/wire/script.ts";
import { configure, crash, newRealm, newSession, vendor, Watch } from "../test-support.ts";
import type { TestSession, Vendor } from "../test-support.ts";

const { says, calls } = dialects.anthropic;
const canary = "canary-content-8001";
const levels = ["debug", "error", "info", "log", "warn"] as const;

type Line = Record<string, unknown> & { event: string; console: string };

/** What was logged meanwhile, and what was measured. */
let logged: { level: string; text: string }[];
let points: AnalyticsEngineDataPoint[];

beforeEach(() => {
  logged = [];
  points = [];
  for (const level of levels) {
    vi.spyOn(console, level).mockImplementation((...args) => {
      logged.push({ level, text: args.map(String).join(" ") });
    });
  }
  // What is written cannot be read back locally: the platform's edge is where it is looked at.
  const dataset = Object.getPrototypeOf(env.METRICS) as AnalyticsEngineDataset;
  vi.spyOn(dataset, "writeDataPoint").mockImplementation((point = {}) => void points.push(point));
});

afterEach(() => vi.restoreAllMocks());

/** The lines of one turn, or of all turns of one session. */
function linesOf(id: string): Line[] {
  return logged
    .filter(({ text }) => text.startsWith('{"event":"turn"') && text.includes(id))
    .map(({ level, text }) => ({ ...JSON.parse(text), console: level }));
}

const reply = (frames: readonly string[]): Reply => ({ chunks: chunks(frames) });
const refusal = (status: number, type: string): Reply => ({
  status,
  chunks: [{ data: JSON.stringify(failure(type, canary)) }],
});
const stuck = (frames: readonly string[], after: number): Reply => ({
  chunks: chunks(frames.slice(0, after)),
  end: "hang",
});

interface Started {
  session: TestSession;
  runId: string;
}

const initiator = { actor: "token-7", requestId: "ray-1" };

async function start({ model }: Vendor, choices: object = {}): Promise<Started> {
  const session = newSession();
  const { realmId, sessionId } = session;
  const runId = uuidv7();
  const turn = { prompt: canary, model, run_id: runId, initiator, ...choices };
  await session.object().create(realmId, sessionId, turn);
  return { session, runId };
}

/** How the turn ended, as a word: its text or its error's code. */
async function endOf({ session }: Started, runId: string): Promise<string> {
  try {
    return (await unpack(await session.object().result(runId))).text;
  } catch (cause) {
    return toAppError(cause).code;
  }
}

async function watching({ session }: Started, type: AgentEvent["type"]): Promise<void> {
  await (await Watch.open(session, 0)).until(type);
}

const call = { id: "call-1", name: "datetime", args: {} };
const numbers = {
  queue_ms: expect.any(Number),
  first_token_ms: expect.any(Number),
  duration_ms: expect.any(Number),
};

describe("a turn that is over", () => {
  it("is one line, with what it took", async () => {
    const model = await vendor("anthropic", reply(calls([call])), reply(says("Noon", ".")));
    const turn = await start(model, { enable_builtins: true });

    expect(await endOf(turn, turn.runId)).toBe("Noon.");

    const { realmId, sessionId } = turn.session;
    const lines = linesOf(sessionId);
    expect(lines).toEqual([
      {
        event: "turn",
        console: "info",
        level: "info",
        realm: realmId,
        session: sessionId,
        run: turn.runId,
        request: "ray-1",
        actor: "token-7",
        trace: turn.runId.replaceAll("-", ""),
        provider: "anthropic",
        model: model.model,
        outcome: "completed",
        ...numbers,
        steps: 2,
        tool_calls: 1,
        retries: 0,
        recoveries: 0,
        compactions: 0,
        fallbacks: 0,
        input_tokens: expect.any(Number),
        output_tokens: expect.any(Number),
        cache_read_tokens: 0,
        cache_creation_tokens: 0,
        reasoning_tokens: 0,
        // Nobody knows what the stand-in's model costs.
        usd: null,
      },
    ]);
    expect(lines[0]?.["input_tokens"]).toBeGreaterThan(0);
  });

  it("is one data point, in the documented order", async () => {
    const model = await vendor("anthropic", reply(says("Hi.")));
    const turn = await start(model);
    await endOf(turn, turn.runId);

    const { realmId, sessionId } = turn.session;
    const mine = points.filter(({ indexes = [] }) => indexes[0] === realmId);
    const [line] = linesOf(sessionId);
    expect(mine).toEqual([
      {
        indexes: [realmId],
        blobs: ["anthropic", model.model, "completed", "", "", ""],
        doubles: [
          line?.["duration_ms"],
          line?.["first_token_ms"],
          0,
          // Steps, tool calls, retries, recoveries, compactions, fallbacks.
          1,
          0,
          0,
          0,
          0,
          0,
          line?.["input_tokens"],
          line?.["output_tokens"],
          // Cache read, cache written, reasoning, dollars, calls without a price.
          0,
          0,
          0,
          0,
          1,
        ],
      },
    ]);
  });

  it("is a warning when it failed", async () => {
    const model = await vendor("anthropic", refusal(401, "authentication_error"));
    const turn = await start(model);

    expect(await endOf(turn, turn.runId)).toBe("PROVIDER_ERROR");

    expect(linesOf(turn.runId)).toMatchObject([
      {
        console: "warn",
        level: "warn",
        outcome: "failed",
        error: "PROVIDER_ERROR",
        error_class: "auth",
        cause: "llm_failure",
        steps: 0,
      },
    ]);
    expect(linesOf(turn.runId)[0]).not.toHaveProperty("first_token_ms");
  });

  it("tells of retries", async () => {
    const model = await vendor("anthropic", refusal(529, "overloaded_error"), reply(says("Hi.")));
    const realmId = newRealm();
    await configure(realmId, { retry: { max_retries: 1, initial_delay: "1ms", max_delay: "2ms" } });
    const session = newSession(realmId);
    const runId = uuidv7();
    const request = { prompt: canary, model: model.model, run_id: runId };
    await session.object().create(realmId, session.sessionId, request);

    expect(await endOf({ session, runId }, runId)).toBe("Hi.");

    expect(linesOf(runId)).toMatchObject([{ outcome: "completed", retries: 1, steps: 1 }]);
  });

  it("is no failure when it was interrupted", async () => {
    const model = await vendor("anthropic", stuck(says("One ", "two."), 4));
    const turn = await start(model);
    await watching(turn, "text_delta");
    await turn.session.object().interrupt();

    expect(await endOf(turn, turn.runId)).toBe("REQUEST_CANCELLED");

    expect(linesOf(turn.runId)).toMatchObject([
      { console: "info", outcome: "cancelled", error: "REQUEST_CANCELLED" },
    ]);
  });

  it("is one line although its object crashed, and counts what came before", async () => {
    const model = await vendor(
      "anthropic",
      reply(calls([call])),
      stuck(says("No", "on."), 3),
      reply(says("Noon.")),
    );
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const choices = { enable_builtins: true, initiator: { ...initiator, traceparent } };
    const turn = await start(model, choices);
    await model.requests(2);
    await watching(turn, "text_delta");

    await crash(turn.session);
    expect(linesOf(turn.runId)).toEqual([]);
    expect(await endOf(turn, turn.runId)).toBe("Noon.");

    expect(linesOf(turn.runId)).toMatchObject([
      {
        outcome: "completed",
        recoveries: 1,
        steps: 2,
        tool_calls: 1,
        request: "ray-1",
        trace: "0af7651916cd43dd8448eb211c80319c",
        ...numbers,
      },
    ]);
    expect(await endOf(turn, turn.runId)).toBe("Noon.");
    expect(linesOf(turn.runId)).toHaveLength(1);
  });

  it("is one line although the one who began it counted nothing yet", async () => {
    const model = await vendor("anthropic", stuck(says("One."), 3), reply(says("Noon.")));
    const turn = await start(model);
    await watching(turn, "text_delta");
    await runInDurableObject(turn.session.stub(), (_, { storage }) => {
      storage.sql.exec(
        "UPDATE log SET state = json_remove(state, '$.run.tally', '$.run.initiator', '$.run.queuedAt')",
      );
    });

    await crash(turn.session);
    expect(await endOf(turn, turn.runId)).toBe("Noon.");

    expect(linesOf(turn.runId)).toMatchObject([
      { ...numbers, outcome: "completed", recoveries: 1, queue_ms: 0, retries: 0 },
    ]);
    expect(linesOf(turn.runId)[0]).not.toHaveProperty("actor");
  });

  it("is one line when its session is erased, and one for each that waited", async () => {
    const model = await vendor("anthropic", stuck(says("One."), 3));
    const turn = await start(model);
    await watching(turn, "text_delta");
    const waiting = {
      prompt: canary,
      run_id: uuidv7(),
      handling_mode: "queue",
      initiator,
    } as const;
    await turn.session.object().startTurn(waiting);

    await turn.session.object().erase();

    expect(linesOf(turn.runId)).toMatchObject([{ outcome: "cancelled" }]);
    expect(linesOf(waiting.run_id)).toMatchObject([{ outcome: "cancelled" }]);
  });

  it("is one line when it waited for its client, also if its object slept or it is archived", async () => {
    const turn_tools = [{ name: "ask", description: "", input_schema: { type: "object" } }];
    const asks = reply(calls([{ ...call, name: "ask" }]));
    const parked = async (...replies: Reply[]) => {
      const model = await vendor("anthropic", asks, ...replies);
      const turn = await start(model, { turn_tools });
      await watching(turn, "interaction_callback_pending");
      await crash(turn.session);
      expect(linesOf(turn.runId)).toEqual([]);
      return turn;
    };
    const answered = await parked(reply(says("Noon.")));
    const archived = await parked();

    await answered.session
      .object()
      .answer([{ tool_use_id: call.id, content: "1", is_error: false }]);
    expect(await endOf(answered, answered.runId)).toBe("Noon.");
    await archived.session.object().archive();

    expect(linesOf(answered.runId)).toMatchObject([
      {
        ...numbers,
        outcome: "completed",
        recoveries: 0,
        steps: 2,
        tool_calls: 1,
        request: "ray-1",
      },
    ]);
    expect(linesOf(archived.runId)).toMatchObject([{ outcome: "cancelled", steps: 1 }]);
  });

  it("is an error when it crashed too often", async () => {
    const bad = Array.from({ length: 4 }, () => stuck(says("One."), 3));
    const model = await vendor("anthropic", ...bad);
    const turn = await start(model);
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      await turn.session.object().read();
      await model.requests(attempt);
      await crash(turn.session);
    }

    expect(await endOf(turn, turn.runId)).toBe("INTERNAL_ERROR");

    expect(linesOf(turn.runId)).toMatchObject([
      { console: "error", outcome: "failed", error: "INTERNAL_ERROR", recoveries: 3 },
    ]);
  });

  it("tells how long it waited in the queue, or that it never left it", async () => {
    const model = await vendor("anthropic", stuck(says("One."), 3), reply(says("Two.")));
    const turn = await start(model);
    await watching(turn, "text_delta");
    const [second, third] = [uuidv7(), uuidv7()];
    const queued = { prompt: canary, handling_mode: "queue", initiator } as const;
    await turn.session.object().startTurn({ ...queued, run_id: second });
    await turn.session.object().startTurn({ ...queued, run_id: third });

    await turn.session.object().cancelInput(third);
    await turn.session.object().interrupt();
    expect(await endOf(turn, second)).toBe("Two.");

    expect(linesOf(third)).toMatchObject([
      { outcome: "cancelled", request: "ray-1", actor: "token-7", steps: 0, duration_ms: 0 },
    ]);
    expect(linesOf(second)).toMatchObject([{ outcome: "completed", request: "ray-1", ...numbers }]);
    expect(linesOf(turn.session.sessionId)).toHaveLength(3);
  });

  it("leaves nothing of what was said in lines and data points", async () => {
    const model = await vendor(
      "anthropic",
      reply(calls([{ ...call, name: canary, args: { city: canary } }])),
      reply(says(canary)),
    );
    const turn = await start(model, { enable_builtins: true, labels: { team: canary } });
    await endOf(turn, turn.runId);

    expect(linesOf(turn.runId)).toHaveLength(1);
    expect(JSON.stringify([logged, points])).not.toContain(canary);
  });
});

describe("a session's rows", () => {
  it("are no more for what is counted", async () => {
    const model = await vendor("anthropic", reply(says("Hi.")));
    const turn = await start(model);
    await endOf(turn, turn.runId);

    const rows = await runInDurableObject(turn.session.stub(), (_, { storage }) =>
      storage.sql.exec("SELECT first FROM log").toArray(),
    );

    // Its beginning and its end.
    expect(rows).toHaveLength(2);
  });
});
