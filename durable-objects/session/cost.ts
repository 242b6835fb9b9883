import {
  catalogModel,
  type ModelPrice,
  type ProviderName,
  type Usage,
} from "../../sdk/contract/index.ts";

/** A model and whose it is; `price` where the realm's config tells one. */
export interface PricedModel {
  model: string;
  provider: ProviderName;
  price?: ModelPrice | undefined;
}

/**
 * What one model call cost, US dollars; nothing when the model's price is unknown. Sums over several calls
 * come out wrong where long inputs cost more: the price then depends on each call's own size.
 */
export function costOf(
  { model, provider, price: own }: PricedModel,
  usage: Usage,
): number | undefined {
  const price = own ?? catalogModel(provider, model)?.price;
  if (price === undefined || price === "unknown") return undefined;
  const { input_tokens: input, output_tokens: output } = usage;
  const rates = price.long && input > price.long.above ? price.long : price;

  // All adapters count what went to or came from a cache within the input, whatever their vendor does.
  const read = Math.min(usage.cache_read_tokens ?? 0, input);
  const written = Math.min(usage.cache_creation_tokens ?? 0, input - read);
  const kept = Math.min(usage.cache_creation_1h_tokens ?? 0, written);
  const {
    cachedInput = rates.input,
    cacheWrite = rates.input,
    cacheWriteLong = cacheWrite,
  } = rates;
  const dollars =
    (input - read - written) * rates.input +
    read * cachedInput +
    (written - kept) * cacheWrite +
    kept * cacheWriteLong +
    output * rates.output;
  return dollars / 1_000_000;
}
