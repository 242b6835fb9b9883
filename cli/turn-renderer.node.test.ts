import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../sdk/index.ts";
import { Screen } from "./screen.ts";
import type { StreamView } from "./stream-view.ts";
import { TurnRenderer } from "./turn-renderer.ts";

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
