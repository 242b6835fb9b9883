import type { MeerkatClient, OutputOf } from "meerkat-edge";
import type { Usage } from "./turn-facts.ts";

type Model = OutputOf<"models/catalog">["providers"][number]["models"][number];
type Rates = Exclude<Model["price"], "unknown">;

const known = new WeakMap<MeerkatClient, Promise<ReadonlyMap<string, Rates>>>();

/** List prices by model; none for who may not read the catalog. */
export async function prices(client: MeerkatClient): Promise<ReadonlyMap<string, Rates>> {
  const found = known.get(client) ?? read(client).catch(() => new Map<string, Rates>());
  known.set(client, found);
  return found;
}

/** What tokens cost at a model's list price, US dollars. Calls with long input, which cost more, are not told apart. */
export function costOf(usage: Usage, rates: Rates): number {
  const { inputTokens: input, outputTokens: output } = usage;
  const read = Math.min(usage.cacheReadTokens ?? 0, input);
  const written = Math.min(usage.cacheCreationTokens ?? 0, input - read);
  const sum =
    (input - read - written) * rates.input +
    read * (rates.cached_input ?? rates.input) +
    written * (rates.cache_write ?? rates.input) +
    output * rates.output;
  return sum / 1_000_000;
}

async function read(client: MeerkatClient): Promise<ReadonlyMap<string, Rates>> {
  const { providers } = await client.call("models/catalog", {});
  const models = providers.flatMap((provider) => provider.models);
  return new Map(
    models.flatMap(({ id, price }) => (price === "unknown" ? [] : [[id, price] as const])),
  );
}
