import type { ProviderName } from "./run.ts";

/** The environment variables that may hold a vendor's key, in the order they are tried (contract 9.2). */
export const keyVariables = {
  anthropic: ["RKAT_ANTHROPIC_API_KEY", "ANTHROPIC_API_KEY"],
  openai: ["RKAT_OPENAI_API_KEY", "OPENAI_API_KEY"],
  gemini: ["RKAT_GEMINI_API_KEY", "GEMINI_API_KEY", "RKAT_GOOGLE_API_KEY", "GOOGLE_API_KEY"],
  self_hosted: ["SELF_HOSTED_API_KEY"],
  demo: [],
} as const satisfies Record<ProviderName, readonly string[]>;

/** The environment variable that points a vendor's calls elsewhere: a gateway, a proxy, a server of one's own. */
const baseUrlVariables = {
  anthropic: "ANTHROPIC_BASE_URL",
  openai: "OPENAI_BASE_URL",
  gemini: "GEMINI_BASE_URL",
  self_hosted: "SELF_HOSTED_BASE_URL",
} as const satisfies Partial<Record<ProviderName, string>>;

type Variables = Readonly<Record<string, unknown>>;

/** A vendor's key and address as the environment gives them. */
export interface Credentials {
  apiKey: string | undefined;
  baseUrl: string | undefined;
}

export function credentialsFrom(variables: object, provider: ProviderName): Credentials {
  // Bindings have an interface without an index signature; only names of the tables above are read.
  const values = variables as Variables;
  const keys = keyVariables[provider].map((name) => values[name]);
  const url = provider === "demo" ? undefined : values[baseUrlVariables[provider]];
  return { apiKey: keys.find(isFilled), baseUrl: isFilled(url) ? url : undefined };
}

/** Whether a vendor can be called: it has a key, or (self-hosted) an address. `demo` always can. */
export function isConfigured(variables: object, provider: ProviderName): boolean {
  const { apiKey, baseUrl } = credentialsFrom(variables, provider);
  if (provider === "demo") return true;
  return provider === "self_hosted" ? baseUrl !== undefined : apiKey !== undefined;
}

/** The vendor used when nobody asks for one; `demo` only when no vendor can be called. A realm may `own` keys. */
export function defaultProvider(
  variables: object,
  own: readonly ProviderName[] = [],
): ProviderName {
  const vendors: readonly ProviderName[] = ["anthropic", "openai", "gemini"];
  return vendors.find((name) => own.includes(name) || isConfigured(variables, name)) ?? "demo";
}

function isFilled(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
