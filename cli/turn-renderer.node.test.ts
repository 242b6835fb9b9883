import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import type { AgentEvent, MeerkatClient, RunResult } from "../sdk/index.ts";
import { Screen } from "./screen.ts";
import type { StreamView } from "./stream-view.ts";
import { dollars, RunTokens } from "./turn-cost.ts";
import { TurnRenderer } from "./turn-renderer.ts";
import { money, summaryLine } from "./turn-summary.ts";

const usage = { inputTokens: 3, outputTokens: 5 };

const turn: AgentEvent[] = [
  { type: "turn_started", turnNumber: 0 },
  { type: "reasoning_delta", delta: "A clock " },
  { type: "reasoning_delta", delta: "will do." },
  { type: "reasoning_complete", content: "A clock will do." },
  { type: "text_delta", delta: "Let me " },
  { type: "text_delta", delta: "look." },
  { type: "tool_call_requested", id: "t1", name: "datetime", args: { zone: "x".repeat(300) } },
  { type: "tool_execution_started", id: "t1", name: "datetime" },
  {
    type: "tool_execution_completed",
    id: "t1",
    name: "datetime",
    result: Array.from({ length: 30 }, (_, n) => `line ${n}`).join("\n"),
    content: [],
    isError: false,
    durationMs: 7,
    hasImages: false,
  },
  { type: "turn_started", turnNumber: 1 },
  { type: "text_delta", delta: "It is\nnoon." },
  { type: "turn_completed", stopReason: "end_turn", usage },
];

const restart: AgentEvent = {
  type: "step_restarted",
  runId: "r",
  turnNumber: 0,
  voidedFromSeq: 4,
  reason: "stream_lost",
  attempt: 1,
  maxAttempts: 3,
};

function rendered(
  events: readonly AgentEvent[],
  options: { view?: StreamView; streaming?: boolean; verbose?: boolean; scope?: string } = {},
) {
  const { view = { kind: "primary" }, streaming = true, verbose = false, scope } = options;
  const [answer, notes] = [new PassThrough(), new PassThrough()];
  const renderer = new TurnRenderer(new Screen(answer, notes), { view, streaming, verbose });
  for (const event of events) renderer.show(event, scope);
  const finish = () => renderer.finish();
  return {
    finish,
    answer: () => String(answer.read() ?? ""),
    notes: () => String(notes.read() ?? ""),
  };
}

describe("a streamed turn", () => {
  it("puts the answer on one stream and everything else on the other", () => {
    const { finish, answer, notes } = rendered(turn);
    finish();

    expect(answer()).toBe("Let me look.\nIt is\nnoon.\n");
    const told = notes();
    expect(told).toContain("A clock will do.\n");
    expect(told).toContain("── model call 2 ──\n");
    expect(told).toMatch(/→ datetime .{200}…\n/);
    expect(told).toContain("line 19\n  … 10 more lines\n");
    expect(told).not.toContain("line 20");
  });

  it("tells quietly that the conversation's beginning is condensed", () => {
    const { finish, answer, notes } = rendered([
      { type: "compaction_started", inputTokens: 9, estimatedHistoryTokens: 8, messageCount: 20 },
      { type: "compaction_completed", summaryTokens: 2, messagesBefore: 20, messagesAfter: 7 },
      { type: "text_delta", delta: "Done." },
    ]);
    finish();

    expect(answer()).toBe("Done.\n");
    expect(notes()).toContain("Condensed 20 messages to 7");
  });

  it("begins every line with its scope in the mux view", () => {
    const { finish, answer } = rendered(turn, { view: { kind: "mux" } });
    finish();

    expect(answer()).toBe("[primary] Let me look.\n[primary] It is\n[primary] noon.\n");
  });

  it("says that an answer begins again, and sets it apart from what it replaces", () => {
    const { finish, answer, notes } = rendered([
      { type: "text_delta", delta: "Par" },
      restart,
      { type: "text_delta", delta: "Paris." },
    ]);
    finish();

    expect(answer()).toBe("Par\nParis.\n");
    expect(notes()).toContain("The answer is being restarted (stream lost, attempt 1 of 3)");
  });

  it("shows a focused scope only, and fails when there was none", () => {
    const view = { kind: "focus", scope: "mob:planner" } as const;
    const other = rendered(turn, { view });
    expect(other.answer()).toBe("");
    expect(other.finish).toThrow(
      "stream focus 'mob:planner' never appeared; scopes of this run: primary",
    );
    expect(rendered([], { view }).finish).toThrow("<none>");

    const focused = rendered(turn, { view, scope: "mob:planner" });
    focused.finish();
    expect(focused.answer()).toBe("Let me look.\nIt is\nnoon.\n");
  });
});

describe("a turn that is not streamed", () => {
  it("is silent but for what went wrong", () => {
    const { finish, answer, notes } = rendered([...turn, restart], { streaming: false });
    finish();

    expect(answer()).toBe("");
    expect(notes()).toMatch(/^The answer is being restarted[^\n]*\n$/);
  });

  it("tells about tools when asked to", () => {
    const { notes } = rendered(turn, { streaming: false, verbose: true });

    expect(notes()).toMatch(/^→ datetime/);
  });
});

describe("a turn at a terminal", () => {
  it("has a line for each tool call, and no cursor commands of the tool's", () => {
    const [answer, notes] = [new PassThrough(), new PassThrough()];
    const terminal = Object.assign(notes, { isTTY: true, columns: 60 });
    const options = { view: { kind: "primary" }, streaming: true, verbose: false } as const;
    const renderer = new TurnRenderer(new Screen(answer, terminal), options);
    const hostile = turn.map((event) => {
      if (event.type === "tool_call_requested") return { ...event, args: {} };
      return event.type === "tool_execution_completed"
        ? { ...event, result: "a\u001b[2Jb" }
        : event;
    });
    for (const event of [...turn, ...hostile]) renderer.show(event);
    renderer.finish();

    const told = String(notes.read());
    const folds = [...stripVTControlCharacters(told).matchAll(/✓.*$/gm)].map(([line]) => line);
    expect(folds).toEqual([
      expect.stringMatching(/^✓ datetime \{"zone":"x+… \(7 ms\)$/),
      "✓ datetime {} → a[2Jb (7 ms)",
    ]);
    expect(folds[0]?.length).toBe(59);
    expect(told).not.toContain("\u001b[2J");
  });
});

describe("the summary", () => {
  const result = { sessionId: "01936f8a-7b2c-7000-8000-000012345678", turns: 2, usage };

  it("is stable in a pipe, and tells cost and time to people", () => {
    // Only what the line tells.
    const told = result as unknown as RunResult;
    const line = "Session: 12345678 | Turns: 2 | Tokens: 3 in / 5 out";
    expect(summaryLine(told)).toBe(`[${line}]`);
    expect(summaryLine(told, { milliseconds: 3_210, cost: 0.00123 })).toBe(
      `[${line} | Cost: $0.0012 | Time: 3.2 s]`,
    );
    expect(summaryLine(told, { milliseconds: 99, cost: undefined })).toBe(
      `[${line} | Time: 0.1 s]`,
    );
  });

  it("writes money with two digits that say something", () => {
    expect([0, 0.000012, 0.0123, 0.1, 1.239, 12].map(money)).toEqual([
      "$0.00",
      "$0.000012",
      "$0.012",
      "$0.10",
      "$1.24",
      "$12.00",
    ]);
  });

  it("prices cached input apart", () => {
    const price = { input: 5, output: 25, cached_input: 0.5, cache_write: 6 };
    const used = {
      inputTokens: 1_000_000,
      outputTokens: 100_000,
      cacheReadTokens: 400_000,
      cacheCreationTokens: 100_000,
    };

    expect(dollars(price, used)).toBeCloseTo(2.5 + 0.2 + 0.6 + 2.5, 10);
  });
});

it("tells on a line of its own what comes in the middle of a thought", () => {
  const notes = new PassThrough();
  const screen = new Screen(new PassThrough(), notes);
  screen.aside("Hmm");
  screen.note("Cancelling");
  screen.note("Cancelled");

  expect(String(notes.read())).toBe("Hmm\nCancelling\nCancelled\n");
});

describe("what a run cost", () => {
  const price = { input: 1, output: 10 };
  const catalog = {
    providers: [
      { provider: "openai", models: [{ id: "own", price }] },
      { provider: "gemini", models: [{ id: "other", price: { input: 2, output: 20 } }] },
    ],
  };
  const answers: Record<string, unknown> = {
    "session/read": { model: "own", provider: "openai" },
    "models/catalog": catalog,
  };
  const client = { call: async (name: string) => answers[name] } as unknown as MeerkatClient;
  const usage = { inputTokens: 1_000_000, outputTokens: 100_000 };
  const end = { type: "run_completed", usage, extractionRequired: false } as AgentEvent;
  const fallback = (turnNumber: number) => {
    const to = { provider: "gemini", model: "other" };
    return { type: "model_fallback", to, turnNumber } as AgentEvent;
  };

  it.each([
    ["is the session's model's price", [end], 2],
    ["is the price of the model that stood in for it", [fallback(0), end], 4],
    ["is not told when two models shared the run", [fallback(1), end], undefined],
    ["is not told of a run that took nothing", [], undefined],
  ])("%s", async (_, events, cost) => {
    const tokens = new RunTokens();
    for (const event of events) tokens.see(event);

    expect(await tokens.cost(client, "s")).toBe(cost);
  });
});
