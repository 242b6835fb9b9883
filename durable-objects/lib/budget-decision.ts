/** What was used up, of whatever. */
export interface Spent {
  tokens: number;
  /** US dollars; calls of models without a price count nothing. */
  usd: number;
  /** Time that models took to answer. */
  durationMs: number;
  toolCalls: number;
  modelCalls: number;
}

/** Limits on the same; absent means none. */
export type SpendingLimits = { [Key in keyof Spent]?: Spent[Key] | undefined };

/** What a call under way may use at most. */
export type Reserved = { tokens: number; usd: number };

/** A limited purse, and what is set aside in it for calls of others. */
export interface Purse {
  scope: "turn" | "session" | "realm" | "day";
  limits: SpendingLimits;
  spent: Spent;
  reserved?: Reserved & { sessions: number };
}

/** A model call that somebody wants to make. */
export interface WantedCall {
  /** An estimate of what the request will count. */
  inputTokens: number;
  maxOutputTokens: number;
  /** US dollars; absent for a model whose price nobody knows. */
  price?: { input: number; perOutputToken: number } | undefined;
}

/** How far a budget is used up. */
export interface Used {
  scope: Purse["scope"];
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
  | { type: "unpriced"; scope: Purse["scope"] };

// Near its end a budget is handed out in answers of this size rather than in whole ones, so that
// sessions side by side need not wait for each other; an answer of less than the least is no use.
const SMALL_ANSWER = 4_096;
const LEAST_ANSWER = 256;

/** Decides whether a call may be made, and how long its answer may be, so that no purse can be overdrawn. */
export function decide(call: WantedCall, purses: readonly Purse[]): Verdict {
  const { inputTokens, price, maxOutputTokens: wanted } = call;
  const used: Used[] = [];
  let room = Infinity;
  let tightest: Used | undefined;
  let isShared = false;
  for (const purse of purses) {
    if (purse.limits.usd !== undefined && !price) return { type: "unpriced", scope: purse.scope };
    for (const state of states(purse)) {
      if (state.used >= state.limit) return { type: "refused", ...state };
      used.push(state);
      const answer = roomFor(state, call, purse.reserved);
      if (answer >= room) continue;
      [room, tightest, isShared] = [answer, state, (purse.reserved?.sessions ?? 0) > 0];
    }
  }
  const small = Math.min(wanted, SMALL_ANSWER);
  if (room < small && isShared) return { type: "wait" };
  if (room < Math.min(wanted, LEAST_ANSWER) && tightest) return { type: "refused", ...tightest };
  const maxOutputTokens = room >= wanted ? wanted : Math.min(small, room);
  const usd = price ? price.input + maxOutputTokens * price.perOutputToken : 0;
  const reserved = { tokens: inputTokens + maxOutputTokens, usd };
  return { type: "granted", maxOutputTokens, reserved, used };
}

/** How long an answer this budget has room for, tokens. */
function roomFor(
  { budget, used, limit }: Used,
  { inputTokens, price }: WantedCall,
  reserved: NonNullable<Purse["reserved"]> = { tokens: 0, usd: 0, sessions: 0 },
): number {
  if (budget === "tokens") return Math.floor(limit - used - reserved.tokens - inputTokens);
  // A session makes one call at a time.
  if (budget === "model_calls") return used + reserved.sessions < limit ? Infinity : 0;
  if (budget !== "dollars" || !price) return Infinity;
  const left = limit - used - reserved.usd - price.input;
  if (price.perOutputToken === 0) return left >= 0 ? Infinity : 0;
  return Math.floor(left / price.perOutputToken);
}

function states({ scope, limits, spent }: Purse): Used[] {
  const counted: [Used["budget"], number, number | undefined][] = [
    ["tokens", spent.tokens, limits.tokens],
    ["dollars", spent.usd, limits.usd],
    ["time", spent.durationMs, limits.durationMs],
    ["tool_calls", spent.toolCalls, limits.toolCalls],
    ["model_calls", spent.modelCalls, limits.modelCalls],
  ];
  return counted.flatMap(([budget, used, limit]) =>
    limit === undefined ? [] : [{ scope, budget, used, limit }],
  );
}
