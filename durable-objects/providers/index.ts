import {
  credentialsFrom,
  type KeyedProvider,
  type ProviderName,
} from "../../sdk/contract/index.ts";
import { aiGatewayOf, throughAiGateway } from "./ai-gateway.ts";
import { createAnthropic } from "./anthropic.ts";
import { demo } from "./demo.ts";
import { type Endpoint, endpointOf } from "./endpoint.ts";
import { createGemini } from "./gemini.ts";
import { createOpenAiChat } from "./openai-chat.ts";
import { createOpenAiResponses } from "./openai-responses.ts";
import { hidingKey } from "./hidden-key.ts";
import type { Provider } from "./provider.ts";
import type { Access } from "./realm-keys.ts";
import type { ModelServer } from "./upstream-address.ts";

/**
 * The vendor's adapter with the realm's or the deployment's key and address, or at the server that the
 * realm's config names.
 * @throws {AppError} see `endpointOf`
 */
export function providerFor(name: ProviderName, access: Access, server?: ModelServer): Provider {
  if (name === "demo") return demo;
  const endpoint = endpointOf(name, access, server);
  const { apiKey, baseUrl } = endpoint;
  // The gateway is the operator's; what a realm sends elsewhere does not go through it.
  const isElsewhere = server || baseUrl !== credentialsFrom(access.env, name).baseUrl;
  const gateway = isElsewhere ? undefined : aiGatewayOf(access.env);
  const adapter = gateway
    ? throughAiGateway((send) => adapterFor(name, { ...endpoint, fetch: send }, server), gateway)
    : adapterFor(name, endpoint, server);
  return apiKey === "" ? adapter : hidingKey(adapter, apiKey);
}

function adapterFor(
  name: KeyedProvider,
  { apiKey, baseUrl, fetch: send }: Endpoint & { fetch?: typeof fetch },
  server: ModelServer | undefined,
): Provider {
  const options = {
    apiKey,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(send && { fetch: send }),
  };
  switch (name) {
    case "anthropic":
      return createAnthropic(options);
    case "openai":
      return createOpenAiResponses(options);
    case "gemini":
      return createGemini(options);
    case "self_hosted":
      return server?.apiStyle === "responses"
        ? createOpenAiResponses({ ...options, name })
        : createOpenAiChat({ ...options, baseUrl: options.baseUrl ?? "" });
  }
}
