import { type Camel, camel, snake } from "./casing.ts";
import type { OperationOptions } from "./client-options.ts";
import type {
  Credential as WireCredential,
  CredentialList as WireCredentialList,
  CredentialTest as WireCredentialTest,
  KeyedProvider,
  OperationName,
} from "./contract/index.ts";
import type { Link } from "./link.ts";

/** What is told of a stored key; never the key itself. */
export type Credential = Camel<WireCredential>;
export type CredentialList = Camel<WireCredentialList>;
export type CredentialTest = Camel<WireCredentialTest>;

/** The realm's own provider keys: they are written, tested and deleted, and never read back. */
export class RealmCredentials {
  readonly #link: () => Link;

  constructor(link: () => Link) {
    this.#link = link;
  }

  /** The stored keys, and for each provider where a turn's key comes from. */
  list(options: OperationOptions = {}): Promise<CredentialList> {
    return this.#call("credentials/list", {}, options);
  }

  /** Stores a key in place of any before. @throws {MeerkatError} `INVALID_PARAMS`, `CONFIGURATION_ERROR` */
  set(
    provider: KeyedProvider,
    key: { apiKey: string; baseUrl?: string | undefined },
    options: OperationOptions = {},
  ): Promise<Credential> {
    return this.#call("credentials/set", { provider, ...key }, options);
  }

  /** Asks the vendor whether it takes the key that a turn would use. @throws {MeerkatError} `PROVIDER_ERROR` without one */
  test(provider: KeyedProvider, options: OperationOptions = {}): Promise<CredentialTest> {
    return this.#call("credentials/test", { provider }, options);
  }

  /** Forgets a key; `deleted` says whether there was one. */
  delete(
    provider: KeyedProvider,
    options: OperationOptions = {},
  ): Promise<{ provider: KeyedProvider; deleted: boolean }> {
    return this.#call("credentials/delete", { provider }, options);
  }

  /** Seals all keys anew with the deployment's first secret. @throws {MeerkatError} `CONFIGURATION_ERROR` */
  rotate(options: OperationOptions = {}): Promise<{ keyId: string; rotated: number }> {
    return this.#call("credentials/rotate", {}, options);
  }

  async #call<Reply>(
    method: Extract<OperationName, `credentials/${string}`>,
    params: object,
    { signal }: OperationOptions,
  ): Promise<Reply> {
    // The operation's output in the contract, which the deployment's tests hold it to.
    return camel(await this.#link().call(method, snake(params), signal)) as Reply;
  }
}
