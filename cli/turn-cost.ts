import type { ModelsCatalog } from "../sdk/contract/index.ts";
import type { AgentEvent, MeerkatClient } from "../sdk/index.ts";

/** Tokens of one run. */
type RunUsage = Extract<AgentEvent, { type: "run_completed" }>["usage"];

type Model = ModelsCatalog["providers"][number]["models"][number];
type Price = Exclude<Model["price"], "unknown">;

/** What a run's events tell of its cost. */
export class RunTokens {
  #usage: RunUsage | undefined;
  #standIn: { model: string; provider: string } | undefined;
  #isMixed = false;

  /** Takes the run's next event. */
  see(event: AgentEvent): void {
    if (event.type === "model_fallback") {
      this.#standIn = event.to;
      this.#isMixed ||= event.turnNumber > 0;
    }
    // What the answer's JSON costs beyond is not in the event.
    if (event.type === "run_completed" && !event.extractionRequired) this.#usage = event.usage;
  }

  /** US dollars, going by the catalog; nothing where models shared the run, or the price is not known. */
  async cost(client: MeerkatClient, session_id: string): Promise<number | undefined> {
    const usage = this.#usage;
    if (!usage || this.#isMixed || usage.inputTokens + usage.outputTokens === 0) return undefined;
    const { model, provider } =
      this.#standIn ?? (await client.call("session/read", { session_id }));
    return priced(await client.call("models/catalog", {}), { model, provider }, usage);
  }
}

function priced(
  { providers }: ModelsCatalog,
  { model, provider }: { model: string; provider: string },
  usage: RunUsage,
): number | undefined {
  const models = providers.find((known) => known.provider === provider)?.models;
  const price = models?.find(({ id }) => id === model)?.price;
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
