import type { OutputOf } from "meerkat-edge";
import { count, dollars } from "../../parts/figures.ts";

type Report = OutputOf<"usage/read">;
/** What was used by one group, such as a day or a model. */
export type UsageRow = Report["rows"][number];
/** What was used in all. */
export type Sums = Report["total"];

/** A part of a bar. */
export interface Part {
  name: string;
  /** Which of the chart's colours. */
  tone: "one" | "two" | "three";
  of: (sums: Sums) => number;
}

/** Something that is counted, and how a chart shows it. */
export interface Measure {
  name: string;
  title: string;
  parts: readonly Part[];
  format: (value: number) => string;
}

/** What can be charted. */
export const measures: readonly Measure[] = [
  {
    name: "tokens",
    title: "Tokens",
    parts: [
      { name: "in", tone: "one", of: (sums) => sums.input_tokens - sums.cache_read_tokens },
      { name: "in, from cache", tone: "two", of: (sums) => sums.cache_read_tokens },
      { name: "out", tone: "three", of: (sums) => sums.output_tokens },
    ],
    format: count,
  },
  {
    name: "cost",
    title: "Cost",
    parts: [{ name: "US dollars", tone: "one", of: (sums) => sums.usd }],
    format: dollars,
  },
  {
    name: "calls",
    title: "Model calls",
    parts: [{ name: "calls", tone: "one", of: (sums) => sums.model_calls }],
    format: count,
  },
];

/** The whole of a bar. */
export function sizeOf({ parts }: Measure, sums: Sums): number {
  return parts.reduce((sum, { of }) => sum + of(sums), 0);
}
