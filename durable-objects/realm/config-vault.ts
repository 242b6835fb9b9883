import { AppError, type ConfigDocument } from "../../sdk/contract/index.ts";
import { configuredKeys, type RealmKeys } from "../providers/realm-keys.ts";
import type { CredentialCipher } from "./credential-cipher.ts";
import type { RealmRecord, StoredRealm } from "./realm-record.ts";
import { redacted, withSecrets } from "./secrets.ts";

type Secret = readonly [path: readonly string[], value: unknown];
type Stored = Pick<StoredRealm, "config" | "sealed">;

const LABEL = ["config"];

/** The secrets of a realm's config. They are sealed beside it; what is stored of the document itself may be read by anyone. */
export class ConfigVault {
  readonly #record: RealmRecord;
  readonly #cipher: CredentialCipher;

  constructor(record: RealmRecord, cipher: CredentialCipher) {
    this.#record = record;
    this.#cipher = cipher;
  }

  /** Takes the secrets out of a document. @throws {AppError} `CONFIGURATION_ERROR` without the deployment's secret, if there are any */
  async sealed(config: ConfigDocument): Promise<Stored> {
    // Objects stay objects, and a secret's mark is a text where a text was.
    const shown = redacted(config) as ConfigDocument;
    const secrets = [...differences(config, shown, [])];
    if (secrets.length === 0) return { config, sealed: undefined };
    return { config: shown, sealed: await this.#cipher.seal(LABEL, JSON.stringify(secrets)) };
  }

  /** The document with its secrets; without those that cannot be opened. */
  async opened(stored: Stored): Promise<ConfigDocument> {
    const found = await this.#found(stored);
    return found instanceof AppError ? withoutSecrets(stored.config) : found;
  }

  /** What turns need of the document. A key that cannot be opened is told as that: another in its place would be a surprise. */
  async inUse(stored: Stored): Promise<{ config: ConfigDocument; keys: RealmKeys }> {
    const found = await this.#found(stored);
    if (!(found instanceof AppError)) return { config: found, keys: configuredKeys(found) };
    const names = Object.keys(configuredKeys(stored.config));
    const locked = names.map((name) => [name, { problem: `${name}: ${found.message}` }] as const);
    return { config: withoutSecrets(stored.config), keys: Object.fromEntries(locked) };
  }

  /** Seals the present secrets anew with the deployment's first key. @returns whether there was need @throws {AppError} `CONFIGURATION_ERROR` */
  async rotate(): Promise<boolean> {
    const stored = this.#record.find();
    if (!stored) return false;
    const { sealed } = stored;
    if (!sealed) return await this.#sealFirst(stored);
    if (sealed.keyId === this.#cipher.keyId) return false;
    const after = await this.#cipher.seal(LABEL, await this.#cipher.open(LABEL, sealed));
    return this.#record.reseal(sealed, after);
  }

  /** For a document that was written before its secrets were sealed: it stays the same generation. */
  async #sealFirst({ config, generation }: StoredRealm): Promise<boolean> {
    const next = await this.sealed(config);
    if (!next.sealed || this.#record.find()?.generation !== generation) return false;
    this.#record.writeConfig(next, generation);
    return true;
  }

  async #found({ config, sealed }: Stored): Promise<ConfigDocument | AppError> {
    if (!sealed) return config;
    try {
      // Written by `sealed`.
      const secrets = JSON.parse(await this.#cipher.open(LABEL, sealed)) as Secret[];
      return filled(config, secrets);
    } catch (cause) {
      if (cause instanceof AppError) return cause;
      throw cause;
    }
  }
}

function filled(config: ConfigDocument, secrets: readonly Secret[]): ConfigDocument {
  const whole = structuredClone(config);
  for (const [path, value] of secrets) {
    const owner = path
      .slice(0, -1)
      .reduce<object>((at, key) => Reflect.get(at, key) as object, whole);
    Reflect.set(owner, path.at(-1) ?? "", value);
  }
  return whole;
}

function withoutSecrets(config: ConfigDocument): ConfigDocument {
  // What stays of an object is one.
  return withSecrets(config, {}).value as ConfigDocument;
}

/** Every value that its shown counterpart, of the same shape, does not tell. */
function* differences(plain: unknown, shown: unknown, path: readonly string[]): Generator<Secret> {
  if (typeof plain === "object" && plain !== null) {
    for (const [key, inner] of Object.entries(plain)) {
      yield* differences(inner, Reflect.get(shown as object, key), [...path, key]);
    }
  } else if (plain !== shown) yield [path, plain];
}
