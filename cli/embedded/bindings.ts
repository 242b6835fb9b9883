import { isIP } from "node:net";
import { isConfigured, keyVariables } from "../../sdk/contract/credentials.ts";
import { ProviderName } from "../../sdk/contract/run.ts";

/** What a server is told by its flags, beside what its environment says. */
export interface ServerIdentity {
  realm: string;
  instance?: string | undefined;
  realmBackend?: string | undefined;
}

/** The only variables of the user's environment that the Worker ever sees. */
const copied = [
  ...Object.values(keyVariables).flat(),
  "SELF_HOSTED_BASE_URL",
  "ANTHROPIC_BASE_URL",
  "OPENAI_BASE_URL",
  "GEMINI_BASE_URL",
  "RKAT_CORS_ORIGINS",
  "RKAT_ADMIN_TOKEN",
  "RKAT_CREDENTIALS_KEY",
  "RKAT_TOKEN_KEY",
  "RKAT_JWT_ISSUERS",
  "RKAT_ALLOW_PRIVATE_UPSTREAMS",
  "RKAT_LOG_LEVEL",
  "RKAT_OTLP_ENDPOINT",
  "RKAT_OTLP_HEADERS",
];

/** The Worker's bindings on this machine. On loopback without a token it is open, and is told so. */
export function workerBindings(
  identity: ServerIdentity,
  host: string,
  env: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const bindings: Record<string, string> = { RKAT_DEFAULT_REALM: identity.realm };
  if (identity.instance) bindings["RKAT_INSTANCE"] = identity.instance;
  if (identity.realmBackend) bindings["RKAT_REALM_BACKEND"] = identity.realmBackend;
  for (const name of copied) {
    const value = env[name];
    if (value) bindings[name] = value;
  }
  if (isOpen(host, env)) bindings["RKAT_OPEN_ACCESS"] = "loopback";
  // A laptop's models run on the laptop; a server that others reach must not call what only it can.
  if (isLoopback(host)) bindings["RKAT_ALLOW_PRIVATE_UPSTREAMS"] ??= "1";
  return bindings;
}

/** Whether a server on this host would answer anybody who reaches it. */
export function isOpen(host: string, env: NodeJS.ProcessEnv = process.env): boolean {
  return isLoopback(host) && !env["RKAT_ADMIN_TOKEN"];
}

/** Whether only this machine can reach the host. */
export function isLoopback(host: string): boolean {
  if (host === "localhost" || host === "::1") return true;
  return isIP(host) === 4 && host.startsWith("127.");
}

/** The vendors that could answer with what the environment holds. */
export function configuredProviders(env: NodeJS.ProcessEnv = process.env): string[] {
  return ProviderName.options.filter((name) => name !== "demo" && isConfigured(env, name));
}
