import {
  catalog,
  contractVersion,
  defaultModelOf,
  type ModelPrice,
  type ModelsCatalog,
  paramsSchema,
  pricesAsOf,
  type ProviderName,
  type RealmModel,
  realmModels,
} from "../../sdk/contract/index.ts";
import type { Handlers } from "../call.ts";
import { realmOf } from "../session-address.ts";

type WireModel = ModelsCatalog["providers"][number]["models"][number];

export const modelHandlers = {
  "models/catalog": async (_input, caller): Promise<ModelsCatalog> => {
    const { config } = await realmOf(caller).config.inUse();
    const models = realmModels(config);
    return {
      contract_version: contractVersion,
      prices_as_of: pricesAsOf,
      providers: [...catalog.keys()].flatMap((provider) => {
        const known = models.get(provider) ?? [];
        const [first] = known;
        if (!first) return [];
        return {
          provider,
          default_model_id: defaultModelOf(config, provider) ?? first.id,
          models: known.map((model) => entry(provider, model)),
        };
      }),
    };
  },
} satisfies Partial<Handlers>;

function entry(provider: ProviderName, model: RealmModel): WireModel {
  const { id, displayName, tier, traits, server, price } = model;
  return {
    id,
    display_name: displayName,
    tier,
    ...(server && { server_id: server.id }),
    ...(model.contextWindow !== undefined && { context_window: model.contextWindow }),
    ...(model.maxOutputTokens !== undefined && { max_output_tokens: model.maxOutputTokens }),
    profile: {
      model_family: model.family,
      supports_temperature: traits.temperature,
      supports_thinking: traits.thinking,
      supports_reasoning: traits.reasoning,
      // What a vendor's model could do, but is not offered here.
      supports_web_search: false,
      inline_video: false,
      image_generation: false,
      vision: traits.vision,
      image_input: traits.vision,
      image_tool_results: traits.imageToolResults,
      realtime: traits.realtime,
      beta_headers: [],
      params_schema: paramsSchema(provider),
    },
    price: price === "unknown" ? price : { ...rates(price), ...longRates(price) },
  };
}

function longRates({ long }: ModelPrice) {
  return long && { long: { above: long.above, ...rates(long) } };
}

function rates(price: Omit<ModelPrice, "long">) {
  return {
    input: price.input,
    output: price.output,
    ...(price.cachedInput !== undefined && { cached_input: price.cachedInput }),
    ...(price.cacheWrite !== undefined && { cache_write: price.cacheWrite }),
    ...(price.cacheWriteLong !== undefined && { cache_write_1h: price.cacheWriteLong }),
  };
}
