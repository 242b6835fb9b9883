import * as z from "zod";

const unitsMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const part = String.raw`\d{1,9}(\.\d{1,6})?\s?(ms|s|m|h|d)`;

// A timer takes 31 bits of milliseconds, not quite 25 days; a longer one would fire at once.
const MAX_DAYS = 24;

/** A length of time as config writes it: `"30s"`, `"1h 30m"`; at most 24 days. */
export const Duration = z
  .string()
  .max(64)
  .regex(
    new RegExp(String.raw`^${part}(\s?${part})*$`),
    'a duration is a number and ms, s, m, h or d, such as "30s" or "1h 30m"',
  )
  .refine(
    (text) => milliseconds(text) <= MAX_DAYS * 86_400_000,
    `a duration may be ${MAX_DAYS}d at most`,
  );

/** A `Duration` that is longer than nothing. */
export const TimeLimit = Duration.refine(
  (text) => milliseconds(text) > 0,
  "a time limit must be longer than 0",
);

/** How long a `Duration` is. */
export function milliseconds(duration: string): number {
  const parts = duration.matchAll(/([\d.]+)\s?(ms|[smhd])/g);
  return [...parts].reduce(
    (sum, [, amount, unit = ""]) => sum + Number(amount) * (unitsMs[unit] ?? 0),
    0,
  );
}
