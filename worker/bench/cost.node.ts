import turnCounts from "./turn-counts.json" with { type: "json" };

/** What Cloudflare charges for a unit of use on the paid plan, beyond what is included each month. */
interface Price {
  unit: string;
  /** USD per so many units. */
  usd: number;
  per: number;
  /** Units a month. */
  included: number;
}

const MILLION = 1e6;

/** Read on 22 November 2026 from the pricing pages of Workers and of Durable Objects. */
export const prices = {
  workerRequests: {
    unit: "requests to the Worker",
    usd: 0.3,
    per: MILLION,
    included: 10 * MILLION,
  },
  cpuMs: { unit: "ms of the Worker's CPU", usd: 0.02, per: MILLION, included: 30 * MILLION },
  requests: { unit: "requests to objects", usd: 0.15, per: MILLION, included: MILLION },
  gbSeconds: { unit: "GB-s of objects", usd: 12.5, per: MILLION, included: 400_000 },
  rowsWritten: { unit: "rows written", usd: 1, per: MILLION, included: 50 * MILLION },
  rowsRead: { unit: "rows read", usd: 0.001, per: MILLION, included: 25_000 * MILLION },
  storedGb: { unit: "GB stored, a month", usd: 0.2, per: 1, included: 5 },
} as const satisfies Record<string, Price>;

/** The paid plan itself, USD a month. */
export const PLAN_USD = 5;

/** The memory that an object is charged with, whatever it takes. */
export const OBJECT_GB = 0.128;
// The design's limit of 1,500 ms for 10,000 deltas, all processes together; the Worker's part is less.
const CPU_MS_PER_DELTA = 0.15;

/** How much of each thing was used. */
export type Use = Record<keyof typeof prices, number>;

/** A deployment's month, in words of its own. */
export interface Month {
  turns: number;
  /** How long a turn takes on average, which is what an object is charged by. */
  secondsPerTurn: number;
  /** Streams that are opened to watch, per turn. */
  watchersPerTurn: number;
  /** Turns that are kept, also those of earlier months. */
  storedTurns: number;
}

/** What a month uses, by what a plain turn was counted to use. */
export function useOf({ turns, secondsPerTurn, watchersPerTurn, storedTurns }: Month): Use {
  const streams = turns * watchersPerTurn;
  return {
    workerRequests: turns + streams,
    cpuMs: Math.max(turns, streams) * turnCounts.deltas * CPU_MS_PER_DELTA,
    requests: turns * turnCounts.requests + streams,
    gbSeconds: turns * secondsPerTurn * OBJECT_GB,
    rowsWritten: turns * turnCounts.rowsWritten,
    rowsRead: turns * turnCounts.rowsRead,
    storedGb: (storedTurns * turnCounts.storedBytes) / 1e9,
  };
}

/** USD for so much of one thing, without what is included. */
export function listPrice(name: keyof typeof prices, count: number): number {
  return (count / prices[name].per) * prices[name].usd;
}

/** USD for a month, with the plan and what it includes. */
export function billOf(use: Use): number {
  const beyond = names().map((name) =>
    listPrice(name, Math.max(0, use[name] - prices[name].included)),
  );
  return beyond.reduce((sum, usd) => sum + usd, PLAN_USD);
}

/** The things that are charged for, in the order they are told. */
export function names(): (keyof typeof prices)[] {
  return Object.keys(prices) as (keyof typeof prices)[];
}
