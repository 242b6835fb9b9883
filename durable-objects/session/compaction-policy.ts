import type { StoredMessage } from "../providers/provider.ts";
import type { ModelContext } from "./model-context.ts";
import type { RunProgress, RunSettings } from "./state.ts";
import { estimateTokens } from "./token-estimate.ts";

// The next answer's room is taken off the window first; the rest of the margin is for what estimates miss.
const FULL_AT = 0.9;

/** Tokens that may be left of the messages that are shown as they were said; absent means any. */
export interface Pressure {
  room?: number;
}

/**
 * Whether the transcript's beginning is to be condensed before the next model call. At the configured
 * threshold the recent turns are left alone; when the model's window is full they must give way, too.
 */
export function pressureOf(
  settings: RunSettings,
  context: ModelContext,
  progress: RunProgress,
): Pressure | undefined {
  if (context.couldNotCompact || context.isFirstTurn(progress)) return undefined;
  const tokens = context.tokens(progress);
  const { compaction, contextWindow = Infinity, maxTokens } = settings;
  const full = FULL_AT * (contextWindow - maxTokens);
  if (tokens >= full) return { room: full / 2 };
  const isSpaced = context.callsSinceCompaction >= compaction.minTurnsBetween;
  return tokens >= compaction.threshold && isSpaced ? {} : undefined;
}

/**
 * How many of the oldest messages a summary is to stand for: all but the recent turns, or, if those do not
 * fit the room, all but fewer turns, or but the last steps of the last one. A tool call stays with its
 * results. Nothing if nothing can be condensed.
 */
export function cutOf(
  tail: readonly StoredMessage[],
  recentTurns: number,
  { room = Infinity }: Pressure,
): number | undefined {
  const turns = turnStarts(tail);
  const kept = turns.slice(-recentTurns);
  const newest = turns.at(-1) ?? -1;
  // The newest turn's first step is as good as its start.
  const steps = tail.flatMap(({ role }, at) =>
    at > newest && role === "block_assistant" ? [at] : [],
  );
  const isRoutine = room === Infinity;
  if (isRoutine && turns.length < recentTurns) return undefined;
  const cuts = isRoutine ? kept.slice(0, 1) : [...kept, ...steps.slice(1)];
  const useful = cuts.filter((at) => at > 0);
  return useful.find((at) => sizeFrom(tail, at) <= room) ?? useful.at(-1);
}

/** Where turns begin: with what a user or the application said after an answer. */
export function turnStarts(messages: readonly StoredMessage[]): number[] {
  return messages.flatMap(({ role }, at) => {
    const before = messages[at - 1]?.role ?? "block_assistant";
    const isInput = role === "user" || role === "system";
    return isInput && before === "block_assistant" ? [at] : [];
  });
}

function sizeFrom(messages: readonly StoredMessage[], start: number): number {
  return messages.slice(start).reduce((total, message) => total + estimateTokens(message), 0);
}
