import {
  AppError,
  type ConfigDocument,
  type Credential,
  type CredentialList,
  type CredentialTest,
  isConfigured,
  KeyedProvider,
  type KeySource,
  type ProviderName,
  shownAddress,
  toAppError,
} from "../../sdk/contract/index.ts";
import { endpointOf } from "../providers/endpoint.ts";
import { checkKey } from "../providers/key-check.ts";
import {
  configuredKeys,
  configuredServer,
  owned,
  type RealmKeys,
} from "../providers/realm-keys.ts";
import { checkUpstreamAddress } from "../providers/upstream-address.ts";
import type { ConfigVault } from "./config-vault.ts";
import type { CredentialCipher } from "./credential-cipher.ts";
import { CredentialStorage, type StoredCredential } from "./credential-storage.ts";
import type { RealmRecord } from "./realm-record.ts";

/** Fewer characters than this would tell too much of a key by its last four. */
const LONG_ENOUGH = 20;

/** What a turn needs of its realm. */
export interface TurnContext {
  config: ConfigDocument;
  keys: RealmKeys;
}

/** The realm's own keys for providers: sealed in storage, written and never read back (design 6). */
export class Credentials {
  readonly #record: RealmRecord;
  readonly #storage: CredentialStorage;
  readonly #cipher: CredentialCipher;
  readonly #vault: ConfigVault;
  readonly #env: Env;

  constructor(
    record: RealmRecord,
    sql: SqlStorage,
    { cipher, vault, env }: { cipher: CredentialCipher; vault: ConfigVault; env: Env },
  ) {
    this.#record = record;
    this.#storage = new CredentialStorage(sql);
    this.#cipher = cipher;
    this.#vault = vault;
    this.#env = env;
  }

  /**
   * What a turn needs of its realm in one request: the config, and the realm's keys in plain, which the
   * asking object keeps in memory only. Asking does not create the realm. @throws {AppError} `REALM_DELETING`
   */
  async inUse(): Promise<TurnContext> {
    const [{ config, keys }, own] = await Promise.all([
      this.#vault.inUse(this.#record.inUse() ?? { config: {}, sealed: undefined }),
      Promise.all(
        this.#stored().map(async (row) => [row.provider, await this.#opened(row)] as const),
      ),
    ]);
    return { config, keys: { ...keys, ...Object.fromEntries(own) } };
  }

  /** The vendors that the realm has keys of its own for. */
  own(): ProviderName[] {
    const stored = this.#stored().map(({ provider }) => provider);
    return [...stored, ...owned(this.#configured())];
  }

  /** What is wrong with the deployment's secret that seals keys; nothing if it does. */
  sealingProblem(): string | undefined {
    try {
      return this.#cipher.keyId === "" ? "it holds no key" : undefined;
    } catch (cause) {
      return toAppError(cause).message;
    }
  }

  list(): CredentialList {
    const stored = this.#stored();
    const sealed = new Set(stored.map(({ provider }) => provider));
    const configured = this.#configured();
    const sourceOf = (provider: KeyedProvider): KeySource => {
      if (sealed.has(provider)) return "realm";
      if (configured[provider]) return "config";
      return isConfigured(this.#env, provider) ? "deployment" : "none";
    };
    return {
      credentials: stored.map(shown),
      sources: KeyedProvider.options.map((provider) => ({ provider, source: sourceOf(provider) })),
    };
  }

  /**
   * Stores a key in place of the one before.
   * @throws {AppError} `CONFIGURATION_ERROR` without the deployment's secret, `INVALID_PARAMS` for an
   *   address that may not be called
   */
  async set(provider: KeyedProvider, apiKey: string, baseUrl: string | null): Promise<Credential> {
    if (baseUrl !== null) checkUpstreamAddress(baseUrl, this.#env);
    const sealed = await this.#cipher.seal([provider, baseUrl], apiKey);
    this.#record.open();
    const credential: StoredCredential = {
      provider,
      sealed,
      baseUrl,
      last4: apiKey.length < LONG_ENOUGH ? null : apiKey.slice(-4),
      createdAt: now(),
      rotatedAt: null,
      lastTestedAt: null,
    };
    this.#storage.put(credential);
    return shown(credential);
  }

  delete(provider: KeyedProvider): { provider: KeyedProvider; deleted: boolean } {
    return { provider, deleted: this.#record.exists && this.#storage.delete(provider) };
  }

  /**
   * Seals every key anew with the deployment's first secret, so that the others can be taken away.
   * @throws {AppError} `CONFIGURATION_ERROR` without a secret, or for a key that cannot be opened
   */
  async rotate(): Promise<{ key_id: string; rotated: number }> {
    const { keyId } = this.#cipher;
    const old = this.#stored().filter(({ sealed }) => sealed.keyId !== keyId);
    const anew = await Promise.all(
      old.map(async ({ provider, baseUrl, sealed }) => {
        const label = [provider, baseUrl];
        const plain = await this.#cipher.open(label, sealed);
        return { before: sealed, after: await this.#cipher.seal(label, plain) };
      }),
    );
    // The realm may have gone meanwhile, and a key may have been replaced by a newer one, which stays.
    const done = this.#record.exists
      ? anew.filter(({ before, after }) => this.#storage.reseal(before, after, now()))
      : [];
    const isConfigs = this.#record.exists && (await this.#vault.rotate());
    return { key_id: keyId, rotated: done.length + (isConfigs ? 1 : 0) };
  }

  /** Asks the vendor whether it takes the key that a turn would use. @throws {AppError} see `endpointOf` */
  async test(provider: KeyedProvider): Promise<CredentialTest> {
    const { config, keys } = await this.inUse();
    const access = { env: this.#env, keys };
    const endpoint = endpointOf(provider, access, configuredServer(provider, config));
    const own = this.#stored().find((row) => row.provider === provider);
    const check = await checkKey(provider, endpoint);
    if (own && this.#record.exists) this.#storage.tested(own.sealed, now());
    return { provider, source: endpoint.source, ...check };
  }

  #configured(): RealmKeys {
    return configuredKeys(this.#record.find()?.config ?? {});
  }

  #stored(): StoredCredential[] {
    return this.#record.exists ? this.#storage.list() : [];
  }

  /** One that cannot be opened must not keep turns of other providers from running. */
  async #opened({
    provider,
    baseUrl,
    sealed,
  }: StoredCredential): Promise<RealmKeys[KeyedProvider]> {
    try {
      const apiKey = await this.#cipher.open([provider, baseUrl], sealed);
      return { apiKey, source: "realm", ...(baseUrl !== null && { baseUrl }) };
    } catch (cause) {
      if (!(cause instanceof AppError)) throw cause;
      return { problem: `${provider}: ${toAppError(cause).message}` };
    }
  }
}

function shown({ provider, sealed, last4, baseUrl, ...times }: StoredCredential): Credential {
  return {
    provider,
    key_id: sealed.keyId,
    ...(last4 !== null && { last4 }),
    ...(baseUrl !== null && { base_url: shownAddress(baseUrl) }),
    created_at: times.createdAt,
    rotated_at: times.rotatedAt,
    last_tested_at: times.lastTestedAt,
  };
}

function now(): number {
  return Math.floor(Date.now() / 1_000);
}
