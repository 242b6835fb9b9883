import type { ModelsCatalog } from "../sdk/contract/index.ts";
import type { AgentEvent, MeerkatClient } from "../sdk/index.ts";

/** Tokens of one run. */
export type RunUsage = Extract<AgentEvent, { type: "run_completed" }>["usage"];

type Model = ModelsCatalog["providers"][number]["models"][number];
type Price = Exclude<Model["price"], "unknown">;

/** What a run cost, US dollars, going by the catalog; nothing when the model's price is not known. */
export async function costOfRun(
  client: MeerkatClient,
  session_id: string,
  usage: RunUsage,
): Promise<number | undefined> {
  if (usage.inputTokens + usage.outputTokens === 0) return undefined;
  const [session, { providers }] = await Promise.all([
    client.call("session/read", { session_id }),
    client.call("models/catalog", {}),
  ]);
  const models = providers.find(({ provider }) => provider === session.provider)?.models;
  const price = models?.find(({ id }) => id === session.model)?.price;
  // Where long inputs cost more, the sum over several calls does not tell what each of them was.
  if (price === undefined || price === "unknown" || price.long) return undefined;
  return dollars(price, usage);
}

/** Input counts what went to or came from a cache, whatever the vendor does. */
export function dollars(price: Price, usage: RunUsage): number {
  const read = usage.cacheReadTokens ?? 0;
  const written = usage.cacheCreationTokens ?? 0;
  const kept = usage.cacheCreation1hTokens ?? 0;
  const { input, output, cached_input = input, cache_write = input } = price;
  const { cache_write_1h = cache_write } = price;
  const sum =
    (usage.inputTokens - read - written) * input +
    read * cached_input +
    (written - kept) * cache_write +
    kept * cache_write_1h +
    usage.outputTokens * output;
  return sum / 1_000_000;
}
