import * as z from "zod";
import type { ProviderName } from "./run.ts";

const number = z.coerce.number();
const tokens = z.coerce.number().int().nonnegative();
const word = z.string();

/** What every vendor's models can be asked for, in the words of contract 9.3. */
const common = {
  max_output_tokens: z.coerce.number().int().positive(),
  /** Thinking: told as it comes, done without a word, or not done. */
  reasoning: z.enum(["emit", "silent", "off"]),
  thinking_budget_tokens: tokens,
};

const sampling = { temperature: number, top_p: number };

const vendors = {
  anthropic: z.object({
    ...common,
    thinking: z.looseObject({ type: z.string() }),
    thinking_budget: tokens,
    effort: word,
    inference_geo: word,
    cache_control: word,
    cache_ttl: z.enum(["5m", "1h"]),
  }),
  openai: z.object({
    ...common,
    ...sampling,
    reasoning_effort: word,
    text_verbosity: z.enum(["low", "medium", "high"]),
    background: z.boolean(),
  }),
  gemini: z.object({
    ...common,
    ...sampling,
    thinking: z.object({
      include_thoughts: z.boolean().optional().catch(undefined),
      thinking_budget: number.optional().catch(undefined),
      thinking_level: word.optional().catch(undefined),
    }),
    thinking_budget: number,
    thinking_level: word,
    top_k: number,
  }),
  self_hosted: z.object({
    ...common,
    ...sampling,
    reasoning_effort: word,
    text_verbosity: z.enum(["low", "medium", "high"]),
    seed: number,
    frequency_penalty: number,
    presence_penalty: number,
    chat_template_kwargs: z.record(z.string(), z.unknown()),
  }),
  demo: z.object(common),
} satisfies Record<ProviderName, z.ZodObject>;

/** The parameters that a vendor's models take, typed; whatever else came along is gone. */
export type ParamsOfVendor<Name extends ProviderName> = Partial<z.output<(typeof vendors)[Name]>>;

/**
 * Reads `provider_params`, flat or in the typed form of contract 0.8 with its `provider_tag`. Numbers may be
 * texts, as the CLI sends them. What the vendor does not know, and what makes no sense for it, is left out.
 */
export function vendorParams<Name extends ProviderName>(
  provider: Name,
  params: Readonly<Record<string, unknown>>,
): ParamsOfVendor<Name> {
  const shape: Readonly<Record<string, z.ZodType>> = vendors[provider].shape;
  const given = Object.entries(flatParams(params)).flatMap(([key, value]) => {
    const isKnown = Object.hasOwn(shape, key) && isGiven(value);
    const read = isKnown ? shape[key]?.safeParse(value) : undefined;
    return read?.success ? [[key, read.data] as const] : [];
  });
  // Each value was read by the schema of its key.
  return Object.fromEntries(given) as ParamsOfVendor<Name>;
}

/** The typed form carries vendor keys in `provider_tag`; both mean the same (contract 9.3). */
export function flatParams(params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { provider_tag: tag, ...rest } = params;
  if (typeof tag !== "object" || tag === null) return { ...params };
  const { provider: _vendor, ...tagged } = tag as Record<string, unknown>;
  return { ...rest, ...tagged };
}

/** The JSON Schema of a vendor's parameters, for clients that build a form of it. */
export function paramsSchema(provider: ProviderName): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(vendors[provider].partial(), { io: "output" });
  return rest;
}

/** An empty text would become the number 0. */
function isGiven(value: unknown): boolean {
  return value !== null && value !== undefined && value !== "";
}
