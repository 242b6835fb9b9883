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

/**
 * The vendor's adapter with this deployment's key and address.
 * @throws {AppError} `PROVIDER_ERROR` when the deployment has no key for it.
 */
export function providerFor(name: ProviderName, env: object): Provider {
  if (name === "demo") return demo;
  const gateway = aiGatewayOf(env);
  return gateway ? throughAiGateway((send) => vendor(name, env, send), gateway) : vendor(name, env);
}

function vendor(name: Exclude<ProviderName, "demo">, env: object, send?: typeof fetch): Provider {
  const { apiKey = "", baseUrl } = credentialsFrom(env, name);
  const options = {
    apiKey,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(send && { fetch: send }),
  };
  if (name === "self_hosted") {
    if (!baseUrl)
      throw missing("No server set for provider 'self_hosted'", ["SELF_HOSTED_BASE_URL"]);
    return createOpenAiChat({ ...options, baseUrl });
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

function missing(message: string, anyOf: readonly string[]): AppError {
  return new AppError("PROVIDER_ERROR", message, { set_one_of: [...anyOf] });
}
