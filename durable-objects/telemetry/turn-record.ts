import type { Initiator, ProviderName, Usage } from "../../sdk/contract/index.ts";

/** What is known of a turn that is over: ids and numbers, never content. */
export interface TurnRecord {
  realmId: string;
  sessionId: string;
  runId: string;
  initiator: Initiator | undefined;
  provider: ProviderName;
  /** The model that it ended on: a fallback, if one took over. */
  model: string;
  outcome: "completed" | "failed" | "cancelled";
  /** The error's code, and its class of contract 5; of turns that did not complete. */
  error?: { code: string; class: string };
  cause?: string | undefined;
  /** Unix milliseconds. A turn that was taken out of the queue began when it ended. */
  startedAt: number;
  endedAt: number;
  /** How long it waited for others. */
  queueMs: number;
  /** From its beginning to the first token that anybody saw, if there was one. */
  firstTokenMs?: number | undefined;
  /** Model calls that came to their end. */
  steps: number;
  toolCalls: number;
  tally: RunTally;
  recoveries: number;
  usage: Usage;
}

/** What happened in a run, counted as it goes and stored with its commits. */
export interface RunTally {
  /** Unix milliseconds. */
  firstTokenAt?: number;
  retries: number;
  compactions: number;
  fallbacks: number;
  /** US dollars, of the calls whose price is known. */
  usd: number;
  unpricedCalls: number;
}

export const nothingHappened: RunTally = {
  retries: 0,
  compactions: 0,
  fallbacks: 0,
  usd: 0,
  unpricedCalls: 0,
};

/** What the turn cost, US dollars; null if a call's price is unknown. */
export function usdOf({ tally }: TurnRecord): number | null {
  return tally.unpricedCalls > 0 ? null : tally.usd;
}
