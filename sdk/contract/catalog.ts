import data from "./catalog.json" with { type: "json" };
import type { ProviderName } from "./run.ts";

/** What a model takes and can do. */
export interface ModelTraits {
  /** It takes the sampling knobs `temperature` and `top_p`. */
  temperature: boolean;
  thinking: boolean;
  reasoning: boolean;
  /** It decides itself how much to think, once told to. */
  adaptive: boolean;
  /** It takes a budget of tokens for its thinking. */
  budget: boolean;
  /** Its words for how much to think, least first; `none` where thinking can be off. Empty if nobody knows. */
  efforts: readonly string[];
  vision: boolean;
  imageToolResults: boolean;
  /** It is made for live channels. */
  realtime: boolean;
}

/** US dollars per million tokens. Without a price of its own a kind of input costs what input costs. */
export interface ModelPrice {
  input: number;
  output: number;
  cachedInput?: number;
  cacheWrite?: number;
  /** For entries that the vendor's cache keeps for an hour instead of minutes. */
  cacheWriteLong?: number;
  /** What a whole call costs whose input is larger than `above` tokens. */
  long?: { above: number } & Omit<ModelPrice, "long">;
}

/** One model as the catalog knows it. Sizes are tokens (contract 9.5). */
export interface CatalogModel {
  id: string;
  displayName: string;
  family: string;
  tier: "recommended" | "supported";
  contextWindow?: number;
  maxOutputTokens?: number;
  traits: ModelTraits;
  price: ModelPrice | "unknown";
}

/** The day whose prices the catalog tells, `YYYY-MM-DD`. */
export const pricesAsOf = data.asOf;

/** The models this build knows by name, per vendor; the first is the vendor's default. Made by `npm run catalog`. */
export const catalog: ReadonlyMap<ProviderName, readonly CatalogModel[]> = new Map(
  // Written by a program that has the same types; a test holds the two together.
  Object.entries(data.providers) as unknown as [ProviderName, CatalogModel[]][],
);

/** The traits of a model that nobody knows: what it takes is for its vendor to say. */
export const unknownTraits: ModelTraits = {
  temperature: true,
  thinking: false,
  reasoning: false,
  adaptive: true,
  budget: true,
  efforts: [],
  vision: true,
  imageToolResults: true,
  realtime: false,
};

/** What the catalog knows of a vendor's model. */
export function catalogModel(provider: ProviderName, model: string): CatalogModel | undefined {
  return catalog.get(provider)?.find(({ id }) => id === model);
}

/** The vendor in whose list the model is. */
export function catalogOwner(model: string): ProviderName | undefined {
  for (const provider of catalog.keys()) if (catalogModel(provider, model)) return provider;
  return undefined;
}

const prefixes: readonly (readonly [prefix: string, provider: ProviderName])[] = [
  ["claude-", "anthropic"],
  ["gpt-", "openai"],
  ["chatgpt-", "openai"],
  ["o1-", "openai"],
  ["o3-", "openai"],
  ["o4-", "openai"],
  ["gemini-", "gemini"],
];

/** Whose model this must be by its name, or nobody's (contract 9.1). */
export function providerOfPrefix(model: string): ProviderName | undefined {
  const lowered = model.toLowerCase();
  return prefixes.find(([prefix]) => lowered.startsWith(prefix))?.[1];
}
