import { describe, expect, it } from "vitest";
import { noUsage } from "../../sdk/contract/index.ts";
import type { StoredMessage } from "../providers/provider.ts";
import { cutOf, pressureOf } from "./compaction-policy.ts";
import { ModelContext } from "./model-context.ts";
import { runSettings } from "./settings.ts";
import type { RunSettings } from "./state.ts";
import { excerpt, materialOf } from "./summary-material.ts";

const created_at = "2026-11-22T10:00:00.000Z";

/** A transcript in letters: a user, an answer, one that calls a tool, its results, a system note. */
function transcript(letters: string, chars = 40): StoredMessage[] {
  const content = "x".repeat(chars);
  const messages: Record<string, StoredMessage> = {
    u: { role: "user", content, created_at },
    s: { role: "system", content, created_at },
    a: answer({ block_type: "text", data: { text: content } }),
    c: answer({ block_type: "tool_use", data: { id: "1", name: "n", args: content } }),
    r: {
      role: "tool_results",
      results: [{ tool_use_id: "1", content, is_error: false }],
      created_at,
    },
  };
  return letters.split("").flatMap((letter) => messages[letter] ?? []);
}

function answer(block: Extract<StoredMessage, { role: "block_assistant" }>["blocks"][number]) {
  return {
    role: "block_assistant",
    blocks: [block],
    stop_reason: "end_turn",
    created_at,
  } satisfies StoredMessage;
}

function settingsOf(model: string): RunSettings {
  return runSettings({}, { model, provider: "anthropic", providerParams: {} }, {});
}

describe("a cut", () => {
  it.each([
    ["leaves the recent turns alone", "uauaua", 2, undefined, 2],
    ["counts a turn with tools as one", "uaucrcrau", 2, undefined, 2],
    ["takes messages that nobody answered for one turn", "uauuua", 1, undefined, 2],
    ["takes what joined a turn for a part of it", "uaucrua", 1, undefined, 2],
    ["lets a note go with the prompt after it", "uasu", 1, undefined, 2],
    ["is not made in too short a transcript", "uaua", 4, undefined, undefined],
    ["is not made when only the prompt is there", "u", 1, 1, undefined],
    ["falls into the recent turns when the window is full", "uauaua", 4, 25, 4],
    ["takes no more than it must", "uauaua", 4, 45, 2],
    ["falls between the last turn's steps", "uaucrcrcr", 1, 25, 7],
    ["never leaves results without their call", "ucrcr", 4, 15, 3],
    ["leaves the newest step, however large", "ucrcr", 4, 1, 3],
    ["falls into a turn whose beginning is gone", "crcrcr", 4, 25, 4],
  ] as const)("%s", (_, letters, recent, room, at) => {
    const pressure = room === undefined ? {} : { room };

    expect(cutOf(transcript(letters), recent, pressure)).toBe(at);
  });
});

describe("the pressure to condense", () => {
  const history = { system: undefined, upTo: 0, at: 0 };
  const of = (letters: string, input: number, turns: number, model = "claude-opus-4-5") =>
    pressureOf(settingsOf(model), new ModelContext(transcript(letters), history), {
      turns,
      toolCalls: 0,
      usage: noUsage,
      lastCall: { input, output: 0 },
    });

  it.each([
    ["is none below the threshold", "uau", 99_000, 0, undefined],
    ["is felt at the threshold", "uau", 100_000, 0, {}],
    ["counts what came since the last call", "uau", 99_990, 0, {}],
    ["is none in the first turn", "ucr", 190_000, 1, undefined],
    // 90 % of 200,000 less the 16,384 of an answer, and half of that.
    ["wants room when the window is full", "uau", 170_000, 0, { room: 82_627.2 }],
  ] as const)("%s", (_, letters, input, turns, expected) => {
    expect(of(letters, input, turns)).toEqual(expected);
  });

  it("knows no window of a model that is not in the catalog", () => {
    expect(of("uau", 10_000_000, 0, "claude-next")).toEqual({});
  });
});

describe("the material of a summary", () => {
  it("cuts long pieces in their middle before it leaves any out", () => {
    const text = materialOf([...transcript("ur", 30_000), ...transcript("a", 10)], 9_000);

    expect(text.length).toBeLessThanOrEqual(9_000);
    expect(text).toMatch(
      /^\[user\] x+\n\[… 26007 characters left out …\]\nx+\n\n\[tool result 1\]/,
    );
    expect(text).toContain("[assistant] xxxxxxxxxx");
  });

  it("leaves the oldest out when nothing else helps", () => {
    const text = materialOf(transcript("ua".repeat(500), 300), 10_000);

    expect(text.length).toBeLessThanOrEqual(10_100);
    expect(text).toMatch(/^\[9\d\d earlier entries left out\]/);
  });

  it("never cuts through a character", () => {
    expect(excerpt("👋".repeat(200), 99).isWellFormed()).toBe(true);
  });
});
