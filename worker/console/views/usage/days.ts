import type { Sums, UsageRow } from "./measures.ts";

const DAY_MS = 86_400_000;

/** A day of the books, `2026-11-22`, UTC. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** The first of the last so many days, today included. */
export function firstOf(days: number): string {
  return dayOf(Date.now() - (days - 1) * DAY_MS);
}

/** Every day of a span, with what was used on it; nothing is zero. */
export function everyDay(from: string, to: string, rows: readonly UsageRow[]): UsageRow[] {
  const byDay = new Map(rows.map((row) => [row.group, row]));
  const days: UsageRow[] = [];
  for (let ms = Date.parse(from); ms <= Date.parse(to); ms += DAY_MS) {
    const group = dayOf(ms);
    days.push(byDay.get(group) ?? { group, ...nothing });
  }
  return days;
}

const nothing: Sums = {
  model_calls: 0,
  tool_calls: 0,
  input_tokens: 0,
  output_tokens: 0,
  cache_read_tokens: 0,
  cache_creation_tokens: 0,
  reasoning_tokens: 0,
  usd: 0,
  unpriced_calls: 0,
  latency_ms: 0,
  retries: 0,
};

const format = new Intl.DateTimeFormat("en", { month: "short", day: "numeric", timeZone: "UTC" });

/** A day as people say it. */
export function shortDay(day: string): string {
  return format.format(Date.parse(day));
}
