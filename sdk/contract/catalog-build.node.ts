import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProvider, type ModelInfo, type ModelPrice } from "@pydantic/genai-prices";
import { kinds, rows } from "./catalog-list.node.ts";
import type { CatalogModel, ModelPrice as Price } from "./catalog.ts";

/** Where the catalog's data lies. */
export const catalogPath = join(import.meta.dirname, "catalog.json");

/** What our vendors are called by the source of prices. */
const priceLists: Readonly<Record<string, string>> = {
  anthropic: "anthropic",
  openai: "openai",
  gemini: "google",
};

/**
 * The catalog's data as text: our list of models, with the prices that were valid on a day (`YYYY-MM-DD`).
 * A price is taken only from an entry that names the model in full; anything else is "unknown".
 */
export function catalogData(asOf: string): string {
  const entry = (vendor: string, row: Row): CatalogModel => {
    const [id, displayName, kind, contextWindow, maxOutputTokens, about = {}] = row;
    const { temperature = false, thinking = false, ...rest }: Kind = kinds[kind];
    return {
      id,
      displayName,
      family: id.split("-").slice(0, 2).join("-"),
      tier: about.recommended ? "recommended" : "supported",
      contextWindow,
      maxOutputTokens,
      traits: {
        temperature,
        thinking,
        reasoning: thinking,
        adaptive: rest.adaptive ?? false,
        budget: rest.budget ?? false,
        efforts: [...(rest.efforts ?? [])],
        vision: rest.vision ?? true,
        imageToolResults: rest.vision ?? true,
        realtime: rest.realtime ?? false,
      },
      price: vendor in priceLists ? priceOf(vendor, about.pricedAs ?? id, asOf) : free,
    };
  };
  const providers = Object.fromEntries(
    Object.entries(rows).map(([vendor, list]) => [vendor, list.map((row) => entry(vendor, row))]),
  );
  return `${JSON.stringify({ asOf, source: priceSource(), providers }, null, 2)}\n`;
}

function priceSource(): string {
  const manifest = readFileSync(join(import.meta.dirname, "../../package.json"), "utf8");
  const { devDependencies: pinned } = JSON.parse(manifest);
  return `@pydantic/genai-prices ${pinned["@pydantic/genai-prices"]}`;
}

type Row = readonly [
  string,
  string,
  keyof typeof kinds,
  number,
  number,
  { recommended?: true; pricedAs?: string }?,
];

interface Kind {
  temperature?: boolean;
  thinking?: boolean;
  adaptive?: boolean;
  budget?: boolean;
  realtime?: boolean;
  vision?: boolean;
  efforts?: readonly string[];
}

const free: Price = { input: 0, output: 0 };

function priceOf(vendor: string, model: string, asOf: string): Price | "unknown" {
  const models = findProvider({ providerId: priceLists[vendor] ?? vendor })?.models ?? [];
  const found = models.find((entry) => names(entry, model));
  const prices = found && validOn(found, asOf);
  const base = prices && rates(prices, 0);
  if (!base) return "unknown";
  const above = tierStart(prices);
  const dear = above === undefined ? undefined : rates(prices, above + 1);
  return above === undefined || !dear ? base : { ...base, long: { above, ...dear } };
}

function names({ id, match }: ModelInfo, model: string): boolean {
  const clauses = "or" in match ? match.or : [match];
  return (
    id === model ||
    clauses.some((clause) =>
      Object.entries(clause).some(([how, what]) => isNamed(how, what, model)),
    )
  );
}

/** A prefix that is the whole name was written for this model; a shorter one was for another. */
function isNamed(how: string, what: unknown, model: string): boolean {
  return what === model && (how === "equals" || how === "starts_with");
}

function validOn({ prices }: ModelInfo, asOf: string): ModelPrice | undefined {
  if (!Array.isArray(prices)) return prices;
  return prices.findLast(({ constraint }) => {
    if (!constraint) return true;
    return "start_date" in constraint && String(constraint.start_date) <= asOf;
  })?.prices;
}

function rates(prices: ModelPrice, inputTokens: number): Omit<Price, "long"> | undefined {
  const rate = (name: string) => at(prices[name], inputTokens);
  const [input, output] = [rate("input_mtok"), rate("output_mtok")];
  if (input === undefined || output === undefined) return undefined;
  return defined({
    input,
    output,
    cachedInput: rate("cache_read_mtok"),
    cacheWrite: rate("cache_write_mtok"),
    cacheWriteLong: rate("cache_write_1h_mtok"),
  });
}

function at(price: ModelPrice[string], inputTokens: number): number | undefined {
  if (typeof price !== "object") return price;
  const tier = price.tiers.findLast(({ start }) => inputTokens > start);
  return tier?.price ?? price.base;
}

function tierStart(prices: ModelPrice): number | undefined {
  const starts = Object.values(prices).flatMap((price) =>
    typeof price === "object" ? price.tiers.map(({ start }) => start) : [],
  );
  if (new Set(starts).size > 1) throw new Error("a price with more than two tiers is not told yet");
  return starts[0];
}

function defined(price: Record<keyof Omit<Price, "long">, number | undefined>) {
  // Only what is undefined is left out.
  return JSON.parse(JSON.stringify(price)) as Omit<Price, "long">;
}

if (import.meta.main)
  writeFileSync(catalogPath, catalogData(new Date().toISOString().slice(0, 10)));
