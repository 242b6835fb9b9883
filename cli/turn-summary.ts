import type { RunResult } from "../sdk/index.ts";

/** What a run took beside tokens, told to people only: it differs from run to run. */
export interface RunFacts {
  milliseconds: number;
  /** US dollars, when the model's price is known. */
  cost: number | undefined;
}

/** The line after an answer (contract 10.6). Tokens are the session's so far. */
export function summaryLine({ sessionId, turns, usage }: RunResult, facts?: RunFacts): string {
  const parts = [
    `Session: ${shortId(sessionId)}`,
    `Turns: ${turns}`,
    `Tokens: ${usage.inputTokens} in / ${usage.outputTokens} out`,
  ];
  if (facts?.cost !== undefined) parts.push(`Cost: ${money(facts.cost)}`);
  if (facts) parts.push(`Time: ${(facts.milliseconds / 1_000).toFixed(1)} s`);
  return `[${parts.join(" | ")}]`;
}

/** Two digits that say something, also of a fraction of a cent. */
export function money(dollars: number): string {
  if (dollars === 0 || dollars >= 0.1) return `$${dollars.toFixed(2)}`;
  return `$${Number(dollars.toPrecision(2)).toFixed(Math.min(8, 1 - Math.floor(Math.log10(dollars))))}`;
}

/** The end of the id: ids made within a minute begin alike, and a reference may be either end. */
function shortId(sessionId: string): string {
  return sessionId.slice(-8);
}
