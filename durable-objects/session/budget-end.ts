import type { ModelContext } from "./model-context.ts";
import { textOf } from "./model-answer.ts";
import type { BudgetReached } from "./metered-step.ts";
import type { Outcome } from "./outcome.ts";
import type { RunProgress } from "./state.ts";
import type { TurnOutput } from "./turn.ts";

/**
 * The end of a run whose next model call a budget forbids: with what it has, if it has something to show
 * (contract 7.7); time is a hard limit.
 */
export function budgetEnd(
  { messages }: ModelContext,
  progress: RunProgress,
  { used, message }: BudgetReached,
): TurnOutput {
  const { scope, budget, used: amount, limit } = used;
  const warning = {
    type: "budget_warning" as const,
    budget_type: budget,
    scope,
    used: amount,
    limit,
    percent: Math.max(1, amount / limit),
  };
  // A budget of nothing stands for one that cannot be counted.
  const events = limit > 0 ? [warning] : [];
  const answer = messages.findLast(({ role }) => role === "block_assistant");
  const hasAnswer = progress.turns > 0 && answer?.role === "block_assistant";
  const outcome: Outcome =
    hasAnswer && budget !== "time"
      ? { ok: true, text: textOf(answer), cause: "budget_exhausted" }
      : {
          ok: false,
          class: "budget",
          code: "BUDGET_EXHAUSTED",
          message,
          cause: "budget_exhausted",
        };
  return { type: "end", events, messages: [], progress, outcome };
}
