import type { AgentEvent } from "../../sdk/contract/index.ts";
import type { RunProgress, RunSettings } from "./state.ts";

type BudgetWarning = Extract<AgentEvent, { type: "budget_warning" }>;

/** Why a run must not go on although the model would (contract 7.7). */
export interface Exhausted {
  cause: "turn_limit_reached" | "budget_exhausted";
  event?: BudgetWarning;
}

/** Whether a limit forbids the next step, with so many tool calls waiting to be run. */
export function exhausted(
  { limits, maxTurns }: RunSettings,
  progress: RunProgress,
  waiting: number,
): Exhausted | undefined {
  if (waiting === 0) return undefined;
  const tokens = tokensOf(progress);
  if (limits.tokens !== undefined && tokens >= limits.tokens) {
    return { cause: "budget_exhausted", event: warning("tokens", tokens, limits.tokens, 1) };
  }
  const calls = progress.toolCalls + waiting;
  if (limits.toolCalls !== undefined && calls > limits.toolCalls) {
    const event = warning("tool_calls", progress.toolCalls, limits.toolCalls, 1);
    return { cause: "budget_exhausted", event };
  }
  return progress.turns >= maxTurns ? { cause: "turn_limit_reached" } : undefined;
}

/** Warns once for each budget, when a step takes the run over its threshold; `calls` are about to be run. */
export function warnings(
  { limits, warnAt }: RunSettings,
  progress: RunProgress,
  step: { tokens: number; calls: number },
): BudgetWarning[] {
  const calls = progress.toolCalls + step.calls;
  const budgets = [
    { type: "tokens", used: tokensOf(progress), spent: step.tokens, limit: limits.tokens },
    { type: "tool_calls", used: calls, spent: step.calls, limit: limits.toolCalls },
  ] as const;
  return budgets.flatMap(({ type, used, spent, limit = 0 }) => {
    const threshold = limit * warnAt;
    // A budget of nothing has no share that could be used up.
    if (limit === 0 || used < threshold || used - spent >= threshold) return [];
    return [warning(type, used, limit, used / limit)];
  });
}

function tokensOf({ usage }: RunProgress): number {
  return usage.input_tokens + usage.output_tokens;
}

function warning(
  budget_type: BudgetWarning["budget_type"],
  used: number,
  limit: number,
  percent: number,
): BudgetWarning {
  return { type: "budget_warning", budget_type, used, limit, percent };
}
