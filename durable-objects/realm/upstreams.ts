import { AppError, type ConfigDocument } from "../../sdk/contract/index.ts";
import { checkUpstreamAddress } from "../providers/upstream-address.ts";

/**
 * The config, if every address in it may be called and says one thing only.
 * @throws {AppError} `INVALID_PARAMS` that names the key
 */
export function reachable(config: ConfigDocument, env: object): ConfigDocument {
  for (const [key, address] of addresses(config)) {
    try {
      checkUpstreamAddress(address, env);
    } catch (cause) {
      if (!(cause instanceof AppError)) throw cause;
      throw invalid(key, cause.message, cause.details);
    }
  }
  const { type, base_url: single } = config.provider ?? {};
  const listed = type && config.providers?.base_urls?.[type];
  if (single && listed && single !== listed) {
    throw invalid("provider.base_url", `it contradicts providers.base_urls.${type}`);
  }
  return config;
}

function addresses({ provider, providers, self_hosted }: ConfigDocument): [string, string][] {
  const servers = Object.entries(self_hosted?.servers ?? {});
  return [
    ...(provider?.base_url ? [["provider.base_url", provider.base_url] as [string, string]] : []),
    ...Object.entries(providers?.base_urls ?? {}).map(([name, address]): [string, string] => [
      `providers.base_urls.${name}`,
      address,
    ]),
    ...servers.map(([id, { base_url }]): [string, string] => [
      `self_hosted.servers.${id}.base_url`,
      base_url,
    ]),
  ];
}

function invalid(key: string, message: string, details: object = {}): AppError {
  return new AppError("INVALID_PARAMS", `Invalid config: ${key}: ${message}`, { ...details, key });
}
