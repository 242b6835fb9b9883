import { count, dollars, duration } from "../../parts/figures.ts";
import type { Sums } from "./measures.ts";

/** A limit, and how much of it is used up. */
export interface Budget {
  name: string;
  used: number;
  limit: number;
  format: (value: number) => string;
}

const kinds: readonly (Pick<Budget, "name" | "format"> & {
  key: string;
  of: (sums: Sums) => number;
})[] = [
  { key: "max_usd", name: "cost", format: dollars, of: ({ usd }) => usd },
  {
    key: "max_tokens",
    name: "tokens",
    format: count,
    of: ({ input_tokens, output_tokens }) => input_tokens + output_tokens,
  },
  { key: "max_model_calls", name: "model calls", format: count, of: (sums) => sums.model_calls },
  { key: "max_tool_calls", name: "tool calls", format: count, of: (sums) => sums.tool_calls },
  { key: "max_duration", name: "models’ time", format: duration, of: (sums) => sums.latency_ms },
];

/** The config's limits of one scope, `day` or `realm`. */
export function limitsOf(config: unknown, scope: string): Record<string, unknown> {
  return inner(inner(config, "budgets"), scope);
}

/** What is used up of each limit. */
export function budgetsOf(limits: Record<string, unknown>, sums: Sums): Budget[] {
  return kinds.flatMap(({ key, name, format, of }) => {
    const limit = limitOf(limits[key]);
    return limit === undefined ? [] : [{ name, format, limit, used: of(sums) }];
  });
}

function limitOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" ? milliseconds(value) : undefined;
}

const unitsMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A length of time as the config writes it: `1h 30m`. */
function milliseconds(text: string): number {
  const parts = [...text.matchAll(/([\d.]+)\s?(ms|[smhd])/g)];
  return parts.reduce(
    (sum, [, amount, unit = ""]) => sum + Number(amount) * (unitsMs[unit] ?? 0),
    0,
  );
}

function inner(value: unknown, key: string): Record<string, unknown> {
  const found = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
  return typeof found === "object" && found !== null ? { ...found } : {};
}
