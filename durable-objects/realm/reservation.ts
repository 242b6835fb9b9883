import type { Sums } from "../../sdk/contract/index.ts";
import type { Reserved } from "./usage-storage.ts";

/** Limits of a realm or a day, in what the books count; absent means none. */
export interface ScopeLimits {
  tokens?: number;
  usd?: number;
  durationMs?: number;
  toolCalls?: number;
  modelCalls?: number;
}

/** What a session wants to do next. */
export interface Ask {
  limits: { realm?: ScopeLimits; day?: ScopeLimits };
  /** An estimate of what the request will count. */
  inputTokens: number;
  maxOutputTokens: number;
  /** US dollars; absent for a model whose price nobody knows. */
  price?: { input: number; perOutputToken: number };
}

/** How far a budget is used up. */
export interface Used {
  scope: "realm" | "day";
  budget: "tokens" | "dollars" | "time" | "tool_calls" | "model_calls";
  used: number;
  limit: number;
}

export type Verdict =
  | { type: "granted"; maxOutputTokens: number; reserved: Reserved; used: Used[] }
  /** What is left is set aside for calls of others: ask again when one of them is over. */
  | { type: "wait" }
  | ({ type: "refused" } & Used)
  /** A limit in dollars, and a model without a price. */
  | { type: "unpriced"; scope: "realm" | "day" };

// Near its end a budget is handed out in answers of this size rather than in whole ones, so that
// sessions side by side need not wait for each other; an answer of less than the least is no use.
const SMALL_ANSWER = 4_096;
const LEAST_ANSWER = 256;

/** Decides whether a call may be made, and how long its answer may be, so that no budget can be overrun. */
export function decide(
  ask: Ask,
  sums: { realm: Sums; day: Sums },
  reserved: Reserved & { sessions: number },
): Verdict {
  const { inputTokens, price } = ask;
  const used: Used[] = [];
  let room = Infinity;
  let tightest: Used | undefined;
  for (const scope of ["realm", "day"] as const) {
    const limits = ask.limits[scope];
    if (!limits) continue;
    if (limits.usd !== undefined && !price) return { type: "unpriced", scope };
    for (const state of states(scope, limits, sums[scope])) {
      if (state.used >= state.limit) return { type: "refused", ...state };
      used.push(state);
      const answer = roomFor(state, ask, reserved);
      if (answer < room) [room, tightest] = [answer, state];
    }
  }
  const wanted = ask.maxOutputTokens;
  const small = Math.min(wanted, SMALL_ANSWER);
  const least = Math.min(wanted, LEAST_ANSWER);
  if (room < small && reserved.sessions > 0) return { type: "wait" };
  if (room < least && tightest) return { type: "refused", ...tightest };
  const maxOutputTokens = room >= wanted ? wanted : Math.min(small, room);
  const usd = price ? price.input + maxOutputTokens * price.perOutputToken : 0;
  return {
    type: "granted",
    maxOutputTokens,
    reserved: { tokens: inputTokens + maxOutputTokens, usd },
    used,
  };
}

/** How long an answer this budget has room for, tokens. */
function roomFor(
  { budget, used, limit }: Used,
  { inputTokens, price }: Ask,
  reserved: Reserved,
): number {
  if (budget === "tokens") return Math.floor(limit - used - reserved.tokens - inputTokens);
  if (budget !== "dollars" || !price) return Infinity;
  const left = limit - used - reserved.usd - price.input;
  if (price.perOutputToken === 0) return left >= 0 ? Infinity : 0;
  return Math.floor(left / price.perOutputToken);
}

function states(scope: Used["scope"], limits: ScopeLimits, sums: Sums): Used[] {
  const counted: [Used["budget"], number, number | undefined][] = [
    ["tokens", sums.input_tokens + sums.output_tokens, limits.tokens],
    ["dollars", sums.usd, limits.usd],
    ["time", sums.latency_ms, limits.durationMs],
    ["tool_calls", sums.tool_calls, limits.toolCalls],
    ["model_calls", sums.model_calls, limits.modelCalls],
  ];
  return counted.flatMap(([budget, used, limit]) =>
    limit === undefined ? [] : [{ scope, budget, used, limit }],
  );
}
