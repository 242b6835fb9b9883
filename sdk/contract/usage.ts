import * as z from "zod";

/** Tokens of one model call or more. `input_tokens` includes what came from or went to a cache. */
export const Usage = z.object({
  input_tokens: z.int(),
  output_tokens: z.int(),
  cache_creation_tokens: z.int().optional(),
  /** Part of `cache_creation_tokens` that the vendor keeps for an hour, at a higher price. */
  cache_creation_1h_tokens: z.int().optional(),
  cache_read_tokens: z.int().optional(),
  /** Part of `output_tokens` that the model spent on thinking. */
  reasoning_tokens: z.int().optional(),
});
export type Usage = z.infer<typeof Usage>;

/** Usage as run results show it: cumulative over the session (contract 6.1). */
export const WireUsage = Usage.extend({ total_tokens: z.int() });
export type WireUsage = z.infer<typeof WireUsage>;

export const noUsage: Usage = { input_tokens: 0, output_tokens: 0 };

const parts = [
  "cache_creation_tokens",
  "cache_creation_1h_tokens",
  "cache_read_tokens",
  "reasoning_tokens",
] as const;

export function addUsage(a: Usage, b: Usage): Usage {
  const sum: Usage = {
    input_tokens: a.input_tokens + b.input_tokens,
    output_tokens: a.output_tokens + b.output_tokens,
  };
  for (const key of parts) {
    const tokens = (a[key] ?? 0) + (b[key] ?? 0);
    if (tokens > 0) sum[key] = tokens;
  }
  return sum;
}

export function wireUsage(usage: Usage): WireUsage {
  return { ...usage, total_tokens: usage.input_tokens + usage.output_tokens };
}
