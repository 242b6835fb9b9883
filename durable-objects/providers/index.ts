import {
  AppError,
  credentialsFrom,
  keyVariables,
  type ProviderName,
} from "../../sdk/contract/index.ts";
import { aiGatewayOf, throughAiGateway } from "./ai-gateway.ts";
import { createAnthropic } from "./anthropic.ts";
import { demo } from "./demo.ts";
import { createGemini } from "./gemini.ts";
import { createOpenAiChat } from "./openai-chat.ts";
import { createOpenAiResponses } from "./openai-responses.ts";
import type { Provider } from "./provider.ts";
import { checkUpstreamAddress, mayHaveKey, type ModelServer } from "./upstream-address.ts";

/**
 * The vendor's adapter with this deployment's key and address, or at the server that the realm's config names.
 * @throws {AppError} `PROVIDER_ERROR` when the deployment has no key for it, `INVALID_PARAMS` for an
 *   address that may not be called.
 */
export function providerFor(name: ProviderName, env: object, server?: ModelServer): Provider {
  if (name === "demo") return demo;
  // The gateway is the operator's; what a realm sends elsewhere does not go through it.
  const gateway = server ? undefined : aiGatewayOf(env);
  return gateway
    ? throughAiGateway((send) => vendor(name, env, { send }), gateway)
    : vendor(name, env, { server });
}

function vendor(
  name: Exclude<ProviderName, "demo">,
  env: object,
  { server, send }: { server?: ModelServer | undefined; send?: typeof fetch },
): Provider {
  const { apiKey = "", baseUrl } = server
    ? atServer(name, env, server)
    : credentialsFrom(env, name);
  const options = {
    apiKey,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(send && { fetch: send }),
  };
  if (name === "self_hosted") {
    if (!baseUrl) {
      throw missing("No server set for provider 'self_hosted'", ["SELF_HOSTED_BASE_URL"]);
    }
    return server?.apiStyle === "responses"
      ? createOpenAiResponses({ ...options, name })
      : createOpenAiChat({ ...options, baseUrl });
  }
  if (apiKey === "") throw missing(`API key not set for provider '${name}'`, keyVariables[name]);
  switch (name) {
    case "anthropic":
      return createAnthropic(options);
    case "openai":
      return createOpenAiResponses(options);
    case "gemini":
      return createGemini(options);
  }
}

function atServer(name: ProviderName, env: object, server: ModelServer) {
  const url = checkUpstreamAddress(server.baseUrl, env);
  const { apiKey } = mayHaveKey(url, name, env) ? credentialsFrom(env, name) : {};
  // Many servers of one's own want no key; one that does will say so.
  return { apiKey: apiKey ?? "none", baseUrl: server.baseUrl };
}

function missing(message: string, anyOf: readonly string[]): AppError {
  return new AppError("PROVIDER_ERROR", message, { set_one_of: [...anyOf] });
}
