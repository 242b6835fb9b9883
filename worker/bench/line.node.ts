import type { Spread } from "./statistics.node.ts";

/** One line of the table. */
export interface Line {
  figure: string;
  ours: string;
  relay?: string;
  ratio?: number;
  target?: string;
  isMet?: boolean;
  note?: string;
}

/** A line about a time, as median and 99th percentile. */
export function timing(
  figure: string,
  ours: Spread,
  relay: Spread | undefined,
  limit: Partial<Spread>,
): Line {
  const within = (value: number, most: number | undefined) => most === undefined || value <= most;
  const tail = limit.p99 === undefined ? "" : ` / ${limit.p99}`;
  return {
    figure,
    ours: told(ours),
    ...(relay && { relay: told(relay), ratio: ours.p50 / relay.p50 }),
    target: `≤ ${limit.p50}${tail} ms`,
    isMet: within(ours.p50, limit.p50) && within(ours.p99, limit.p99),
  };
}

/** A line about one number. */
export function plain(
  figure: string,
  { ours, relay, unit, limit }: { ours: number; relay?: number; unit: string; limit: number },
): Line {
  return {
    figure,
    ours: `${short(ours)} ${unit}`,
    ...(relay !== undefined && { relay: `${short(relay)} ${unit}`, ratio: ours / relay }),
    target: `≤ ${short(limit)} ${unit}`,
    isMet: ours <= limit,
  };
}

/** The table's head, and what it means. */
export const head = row(["", "ours", "bare relay", "ours/relay", "target", "met"]);

/** A line as text. */
export function tell({
  figure,
  ours,
  relay = "",
  ratio,
  target = "",
  isMet,
  note = "",
}: Line): string {
  const met = isMet === undefined ? "" : isMet ? "yes" : "NO";
  return row([
    figure,
    ours,
    relay,
    ratio === undefined ? "" : `${ratio.toFixed(1)} x`,
    target,
    met,
    note,
  ]);
}

/** A number with as many digits as say something. */
export function short(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

function told({ p50, p99 }: Spread): string {
  return `${short(p50)} / ${short(p99)} ms`;
}

function row(cells: readonly string[]): string {
  const widths = [52, 38, 18, 11, 18, 3, 0];
  return cells
    .map((cell, index) => cell.padEnd(widths[index] ?? 0))
    .join(" ")
    .trimEnd();
}
