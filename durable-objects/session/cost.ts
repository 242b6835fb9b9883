import { catalog, type CatalogModel, type Usage } from "../../sdk/contract/index.ts";
import type { ModelIdentity } from "./state.ts";

/** What a model's tokens cost, USD per million. */
interface Price {
  input: number;
  output: number;
  cachedInput?: number;
  cacheWrite?: number;
}

/** What the tokens cost, USD. Nothing for a model whose price is not known: never a guess, never 0. */
export function costOf(
  { provider, model }: Pick<ModelIdentity, "provider" | "model">,
  usage: Usage,
): number | undefined {
  const known: (CatalogModel & { price?: Price }) | undefined = catalog
    .get(provider)
    ?.find(({ id }) => id === model);
  const { price } = known ?? {};
  if (!price) return undefined;
  const { cache_read_tokens: read = 0, cache_creation_tokens: written = 0 } = usage;
  const parts =
    (usage.input_tokens - read - written) * price.input +
    read * (price.cachedInput ?? price.input) +
    written * (price.cacheWrite ?? price.input) +
    usage.output_tokens * price.output;
  return parts / 1e6;
}
