import type { ModelTraits } from "../../sdk/contract/index.ts";

/** What our own words for thinking are to a vendor that knows only how much effort to spend. */
interface Wish {
  reasoning?: "emit" | "silent" | "off";
  thinking_budget_tokens?: number;
  /** The vendor's own word; it goes as it is, for which words exist differs from model to model. */
  reasoning_effort?: string;
}

/** Budgets up to so many tokens are this much effort. */
const scale = [
  [2_048, "low"],
  [8_192, "medium"],
  [Infinity, "high"],
] as const;

/** The effort to ask for; nothing when nobody asked, or the model is not known to think. */
export function effortOf(wish: Wish, { efforts, reasoning }: ModelTraits): string | undefined {
  const { thinking_budget_tokens: budget } = wish;
  if (wish.reasoning_effort !== undefined) return wish.reasoning_effort;
  const least = efforts[0];
  if (wish.reasoning === "off" || budget === 0) return least ?? (reasoning ? "none" : undefined);
  if (budget === undefined || !reasoning) return undefined;
  const wanted = scale.find(([limit]) => budget <= limit)?.[1];
  return efforts.length === 0 || efforts.some((word) => word === wanted) ? wanted : least;
}
