import {
  AppError,
  catalogModel,
  type ConfigDocument,
  defaultModelOf,
  defaultProvider,
  findModel,
  flatParams,
  listedOwner,
  type ModelPrice,
  type ModelTraits,
  ownerOf,
  type ProviderName,
  unknownTraits,
} from "../../sdk/contract/index.ts";
import { type Access, configuredServer, owned } from "../providers/realm-keys.ts";
import type { ModelServer } from "../providers/upstream-address.ts";
import type { TurnChoices } from "./settings.ts";
import type { ModelIdentity } from "./state.ts";

/** What the realm's config says of a model, beyond or against the catalog. Absent parts are the catalog's. */
export interface OwnModel {
  traits?: ModelTraits;
  price?: ModelPrice;
  server?: ModelServer;
  /** How long to wait for its first sign, milliseconds. */
  callTimeoutMs?: number;
}

/**
 * Which model the turn talks to: the request's, else the session's, else the realm's, else the default.
 * @throws {AppError} `INVALID_PARAMS` when nobody knows whose model it is.
 */
export function modelIdentity(
  choices: TurnChoices,
  current: ModelIdentity | undefined,
  config: ConfigDocument,
  access: Access,
): ModelIdentity {
  const model = choices.model ?? modelFor(choices.provider, current, config, access);
  const kept = choices.model ? undefined : current?.provider;
  const provider = choices.provider ?? kept ?? ownerOf(config, model);
  if (!provider) throw nobodys(model);
  const listed = listedOwner(config, model);
  if (listed && listed !== provider && !findModel(config, provider, model)) {
    throw new AppError(
      "INVALID_PARAMS",
      `Model '${model}' belongs to '${listed}', not '${provider}'`,
    );
  }
  const isSame = current?.model === model && current.provider === provider;
  const params = choices.provider_params ?? (isSame ? current.providerParams : {});
  return { model, provider, providerParams: flatParams(params) };
}

/** The part of what is known of a model that a run must carry, for the config may change under it. */
export function ownModel(
  { provider, model }: Pick<ModelIdentity, "provider" | "model">,
  config: ConfigDocument,
): OwnModel | undefined {
  const known = findModel(config, provider, model);
  const server = known?.server
    ? hostedOn(known.server, config)
    : configuredServer(provider, config);
  if (!known?.isCustom) return server && { server };
  const { traits, price, callTimeoutMs } = known;
  return {
    traits,
    ...(price !== "unknown" && { price }),
    ...(server && { server }),
    ...(callTimeoutMs !== undefined && { callTimeoutMs }),
  };
}

/** What the run's model takes and can do. */
export function traitsOf({
  provider,
  model,
  own,
}: Pick<ModelIdentity, "provider" | "model"> & { own?: OwnModel }): ModelTraits {
  return own?.traits ?? catalogModel(provider, model)?.traits ?? unknownTraits;
}

function modelFor(
  provider: ProviderName | null | undefined,
  current: ModelIdentity | undefined,
  config: ConfigDocument,
  access: Access,
): string {
  if (provider && provider !== current?.provider) return defaultModel(provider, config);
  return (
    current?.model ?? config.agent?.model ?? defaultModel(chosenProvider(config, access), config)
  );
}

function chosenProvider(config: ConfigDocument, { env, keys }: Access): ProviderName {
  const configured = config.provider?.type ?? defaultProvider(env, owned(keys));
  // A server of one's own comes before the script that only says that there is no key.
  return configured === "demo" && config.self_hosted?.default_model ? "self_hosted" : configured;
}

function defaultModel(provider: ProviderName, config: ConfigDocument): string {
  const model = defaultModelOf(config, provider);
  if (model) return model;
  throw new AppError("INVALID_PARAMS", `Provider '${provider}' has no default model: name one`);
}

function hostedOn(
  { id, remoteModel }: { id: string; remoteModel: string },
  { self_hosted = {} }: ConfigDocument,
): ModelServer {
  const { servers = {} } = self_hosted;
  const server = Object.hasOwn(servers, id) ? servers[id] : undefined;
  if (!server) {
    const allowed = Object.keys(servers);
    throw new AppError("INVALID_PARAMS", `self_hosted.servers has no '${id}'`, { allowed });
  }
  const { base_url: baseUrl, api_style: apiStyle = "chat_completions" } = server;
  return { baseUrl, apiStyle, remoteModel };
}

function nobodys(model: string): AppError {
  return new AppError("INVALID_PARAMS", `Cannot infer provider from model '${model}'`, {
    allowed:
      "a model of models/catalog, a known prefix (claude-, gpt-, chatgpt-, o1-, o3-, o4-, gemini-), or an explicit provider",
  });
}
