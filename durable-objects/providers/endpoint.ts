import {
  AppError,
  credentialsFrom,
  type KeySource,
  keyVariables,
  type ProviderName,
} from "../../sdk/contract/index.ts";
import type { Access, RealmKey } from "./realm-keys.ts";
import { checkUpstreamAddress, mayHaveKey, type ModelServer } from "./upstream-address.ts";

/** Where a vendor's call goes, and with which key. */
export interface Endpoint {
  apiKey: string;
  baseUrl?: string;
  source: KeySource;
}

/** Sent where no key may go: many servers of one's own want none, and one that does will say so. */
const NO_KEY = "none";

/**
 * The key and the address for a vendor: the realm's before the deployment's. `server` is where the
 * realm's config sends the call.
 * @throws {AppError} `PROVIDER_ERROR` without a key, `CONFIGURATION_ERROR` for one that cannot be opened,
 *   `INVALID_PARAMS` for an address that may not be called
 */
export function endpointOf(
  name: ProviderName,
  { env, keys }: Access,
  server?: ModelServer,
): Endpoint {
  const own = keys[name];
  if (own && "problem" in own) throw new AppError("CONFIGURATION_ERROR", own.problem);
  const found = own
    ? withOwnKey(own, credentialsFrom(env, name).baseUrl, { env, server })
    : withDeploymentKey(name, env, server);
  if (name === "self_hosted") {
    if (found.baseUrl) return found;
    throw missing("No server set for provider 'self_hosted'", name, ["SELF_HOSTED_BASE_URL"]);
  }
  if (found.apiKey !== "") return found;
  throw missing(`API key not set for provider '${name}'`, name, keyVariables[name]);
}

function withOwnKey(
  { apiKey, baseUrl, source }: RealmKey,
  deployments: string | undefined,
  { env, server }: { env: object; server: ModelServer | undefined },
): Endpoint {
  // A model that the realm put on a server is nowhere else.
  const isHosted = server?.remoteModel !== undefined;
  const chosen = isHosted ? server.baseUrl : (baseUrl ?? server?.baseUrl);
  const url = chosen === undefined ? undefined : checkUpstreamAddress(chosen, env);
  const isForThere = baseUrl === undefined || new URL(baseUrl).origin === url?.origin;
  return { apiKey: isForThere ? apiKey : NO_KEY, source, ...at(chosen ?? deployments) };
}

function withDeploymentKey(name: ProviderName, env: object, server?: ModelServer): Endpoint {
  const { apiKey = "", baseUrl } = credentialsFrom(env, name);
  const source = apiKey === "" ? "none" : "deployment";
  if (!server) return { apiKey, source, ...at(baseUrl) };
  const url = checkUpstreamAddress(server.baseUrl, env);
  const may = apiKey !== "" && mayHaveKey(url, name, env);
  return { apiKey: may ? apiKey : NO_KEY, source: may ? source : "none", ...at(server.baseUrl) };
}

function at(baseUrl: string | undefined): { baseUrl?: string } {
  return baseUrl === undefined ? {} : { baseUrl };
}

function missing(message: string, provider: string, anyOf: readonly string[]): AppError {
  return new AppError("PROVIDER_ERROR", message, { provider, set_one_of: [...anyOf] });
}
