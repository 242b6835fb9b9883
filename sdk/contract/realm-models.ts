import {
  type CatalogModel,
  catalog,
  catalogModel,
  catalogOwner,
  type ModelTraits,
  providerOfPrefix,
  unknownTraits,
} from "./catalog.ts";
import type { ConfigDocument } from "./config.ts";
import type { Abilities, CustomModel } from "./models-config.ts";
import { ProviderName } from "./run.ts";

/** A model as a realm knows it: the catalog's, or one that the realm's config describes. */
export interface RealmModel extends CatalogModel {
  /** Whether the realm's config has a word on it. */
  isCustom?: true;
  /** The self-hosted server that runs it, and under what name. */
  server?: { id: string; remoteModel: string };
  /** How long to wait for its first sign, milliseconds. */
  callTimeoutMs?: number;
}

/** The models of a realm by vendor: the catalog's, changed and added to by the config (contract 9.4). */
export function realmModels(config: ConfigDocument): Map<ProviderName, RealmModel[]> {
  return new Map(
    ProviderName.options.map((provider) => {
      const listed = catalog.get(provider) ?? [];
      const ids = new Set([...listed.map(({ id }) => id), ...ownIds(config, provider)]);
      return [provider, [...ids].flatMap((id) => findModel(config, provider, id) ?? [])];
    }),
  );
}

/** What the realm knows of a vendor's model; nothing for one that is known by its prefix alone. */
export function findModel(
  config: ConfigDocument,
  provider: ProviderName,
  id: string,
): RealmModel | undefined {
  const listed = catalogModel(provider, id);
  const custom = customModel(config, id);
  if (custom?.provider === provider) return described(id, custom, listed);
  const hosted = provider === "self_hosted" ? own(config.self_hosted?.models, id) : undefined;
  if (!hosted) return listed;
  const server = { id: hosted.server, remoteModel: hosted.remote_model };
  return { ...described(id, hosted, undefined), server };
}

/** Whose model this is: by the catalog, by the realm's config, by its prefix, or nobody's (contract 9.1). */
export function ownerOf(config: ConfigDocument, model: string): ProviderName | undefined {
  return listedOwner(config, model) ?? providerOfPrefix(model);
}

/** The vendor that lists the model by name, in the catalog or in the realm's config. */
export function listedOwner(config: ConfigDocument, model: string): ProviderName | undefined {
  const hosted = own(config.self_hosted?.models, model) && "self_hosted";
  return catalogOwner(model) ?? customModel(config, model)?.provider ?? hosted;
}

/** The model that stands for a vendor when none is named. */
export function defaultModelOf(config: ConfigDocument, provider: ProviderName): string | undefined {
  const [first] = catalog.get(provider) ?? [];
  switch (provider) {
    case "anthropic":
    case "openai":
    case "gemini":
      return config.models?.[provider] ?? first?.id;
    case "self_hosted":
      return config.self_hosted?.default_model ?? Object.keys(config.self_hosted?.models ?? {})[0];
    case "demo":
      return first?.id;
  }
}

function ownIds({ models = {}, self_hosted = {} }: ConfigDocument, provider: ProviderName) {
  const custom = Object.entries(models).flatMap(([id, model]) =>
    typeof model === "object" && model?.provider === provider ? [id] : [],
  );
  return provider === "self_hosted"
    ? [...custom, ...Object.keys(self_hosted.models ?? {})]
    : custom;
}

/** `models.anthropic` and its like are names of defaults, every other key is a model. */
function customModel({ models = {} }: ConfigDocument, id: string): CustomModel | undefined {
  const found = own(models, id);
  return typeof found === "object" && found !== null ? found : undefined;
}

/** A name that comes from a user must not reach what every object has. */
function own<Value>(record: Readonly<Record<string, Value>> | undefined, key: string) {
  return record && Object.hasOwn(record, key) ? record[key] : undefined;
}

function described(id: string, about: Abilities, listed: CatalogModel | undefined): RealmModel {
  const contextWindow = about.context_window ?? listed?.contextWindow;
  const maxOutputTokens = about.max_output_tokens ?? listed?.maxOutputTokens;
  const { price, call_timeout_secs: timeout } = about;
  return {
    id,
    isCustom: true,
    displayName: about.display_name ?? listed?.displayName ?? id,
    family: about.family ?? listed?.family ?? id,
    tier: about.tier ?? listed?.tier ?? "supported",
    ...(contextWindow !== undefined && { contextWindow }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(timeout !== undefined && { callTimeoutMs: timeout * 1_000 }),
    traits: traits(about, listed?.traits ?? unlisted),
    price: price
      ? {
          input: price.input,
          output: price.output,
          ...(price.cached_input !== undefined && { cachedInput: price.cached_input }),
          ...(price.cache_write !== undefined && { cacheWrite: price.cache_write }),
        }
      : (listed?.price ?? "unknown"),
  };
}

/** A description that says nothing of an ability does not claim it. */
const unlisted: ModelTraits = { ...unknownTraits, vision: false, imageToolResults: false };

function traits(about: Abilities, base: ModelTraits): ModelTraits {
  return {
    ...base,
    temperature: about.supports_temperature ?? base.temperature,
    thinking: about.supports_thinking ?? base.thinking,
    reasoning: about.supports_reasoning ?? about.supports_thinking ?? base.reasoning,
    vision: about.vision ?? base.vision,
    imageToolResults: about.image_tool_results ?? base.imageToolResults,
  };
}
