import type { ConfigDocument, KeySource, ProviderName } from "../../sdk/contract/index.ts";
import type { ModelServer } from "./upstream-address.ts";

/** A key of the realm's own. It is plain: it stays in memory, and is written and told nowhere. */
export interface RealmKey {
  apiKey: string;
  /** Where the key is for, if the realm says so. */
  baseUrl?: string;
  source: Extract<KeySource, "realm" | "config">;
}

/** A key that is there and cannot be opened, and why. Another key in its place would be a surprise. */
interface LockedKey {
  problem: string;
}

/** The realm's keys by vendor. */
export type RealmKeys = Partial<Record<ProviderName, RealmKey | LockedKey>>;

/** The vendors that the realm has keys for. */
export function owned(keys: RealmKeys): ProviderName[] {
  // The type of the keys is all there is to a record's keys.
  return Object.keys(keys) as ProviderName[];
}

/** What a realm's turns may call vendors with: its own keys before the deployment's. */
export interface Access {
  env: object;
  keys: RealmKeys;
}

/** The keys that the realm's config holds (contract 8.3). */
export function configuredKeys({ provider, providers }: ConfigDocument): RealmKeys {
  const single = provider?.api_key ? { [provider.type]: provider.api_key } : {};
  const all = Object.entries({ ...providers?.api_keys, ...single });
  return Object.fromEntries(
    all.map(([name, apiKey]) => [name, { apiKey, source: "config" } satisfies RealmKey]),
  );
}

/** Where the realm's config sends a vendor's calls instead, if it does. */
export function configuredServer(
  name: ProviderName,
  { provider, providers }: ConfigDocument,
): ModelServer | undefined {
  const single = provider?.type === name ? provider.base_url : undefined;
  const baseUrl = single ?? providers?.base_urls?.[name];
  return baseUrl ? { baseUrl } : undefined;
}
