import { AppError } from "../../sdk/contract/index.ts";

/** The deployment's secret that seals credentials: `<id>:<32 bytes in base64>`, several by commas. */
const SECRET = "RKAT_CREDENTIALS_KEY";
const FORMAT =
  "<id>:<32 random bytes in base64>, several separated by commas; the first seals, all open";

/** A sealed text, and with what it was sealed. */
export interface Sealed {
  keyId: string;
  iv: Uint8Array<ArrayBuffer>;
  data: Uint8Array<ArrayBuffer>;
}

/**
 * Seals a realm's secrets for storage: AES-256-GCM with keys derived for this realm alone from the
 * deployment's secret. What is sealed opens only in its realm and under its label.
 */
export class CredentialCipher {
  readonly #secret: string | undefined;
  readonly #realmId: string;
  readonly #derived = new Map<string, Promise<CryptoKey>>();

  constructor(secret: string | undefined, realmId: string) {
    this.#secret = secret;
    this.#realmId = realmId;
  }

  /** Which key seals. @throws {AppError} `CONFIGURATION_ERROR` without a usable secret */
  get keyId(): string {
    const [first] = this.#ring().keys();
    return first ?? "";
  }

  /** @throws {AppError} `CONFIGURATION_ERROR` without a usable secret */
  async seal(label: readonly unknown[], text: string): Promise<Sealed> {
    const { keyId } = this;
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const key = await this.#key(keyId);
    const data = await crypto.subtle.encrypt(this.#algorithm(iv, label), key, bytesOf(text));
    return { keyId, iv, data: new Uint8Array(data) };
  }

  /** @throws {AppError} `CONFIGURATION_ERROR` that says what is missing or wrong */
  async open(label: readonly unknown[], { keyId, iv, data }: Sealed): Promise<string> {
    const key = await this.#key(keyId);
    try {
      const plain = await crypto.subtle.decrypt(this.#algorithm(iv, label), key, data);
      return new TextDecoder().decode(plain);
    } catch {
      const message = `A stored credential does not open with key '${keyId}': it was sealed for another realm or provider, with another key of that id, or was changed`;
      throw new AppError("CONFIGURATION_ERROR", message, { key_id: keyId });
    }
  }

  #algorithm(iv: Uint8Array<ArrayBuffer>, label: readonly unknown[]): SubtleCryptoEncryptAlgorithm {
    return {
      name: "AES-GCM",
      iv,
      additionalData: bytesOf(JSON.stringify([this.#realmId, ...label])),
    };
  }

  #key(id: string): Promise<CryptoKey> {
    const known = this.#derived.get(id);
    if (known) return known;
    const raw = this.#ring().get(id);
    if (!raw) {
      const message = `A stored credential needs key '${id}': add it to the secret ${SECRET} again, or set the credential anew`;
      throw new AppError("CONFIGURATION_ERROR", message, { secret: SECRET, key_id: id });
    }
    const derived = derivedKey(raw, this.#realmId);
    this.#derived.set(id, derived);
    return derived;
  }

  #ring(): Map<string, Uint8Array<ArrayBuffer>> {
    if (!this.#secret) throw unusable("is not set: provider credentials cannot be sealed");
    const entries = this.#secret.split(",").map((entry) => parsed(entry.trim()));
    const ring = new Map(entries);
    if (ring.size < entries.length) throw unusable("has two keys of one id");
    return ring;
  }
}

async function derivedKey(raw: Uint8Array<ArrayBuffer>, realmId: string): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey("raw", raw, "HKDF", false, ["deriveKey"]);
  const info = bytesOf(`meerkat-edge/credentials/1/${realmId}`);
  const hkdf = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info };
  const aes = { name: "AES-GCM", length: 256 };
  return await crypto.subtle.deriveKey(hkdf, material, aes, false, ["encrypt", "decrypt"]);
}

function parsed(entry: string): [id: string, raw: Uint8Array<ArrayBuffer>] {
  const [, id = "", base64 = ""] = /^([\w.-]{1,64}):([\w+/=-]+)$/.exec(entry) ?? [];
  const raw = id === "" ? undefined : bytesFrom(base64);
  if (raw?.length !== 32) throw unusable("is malformed");
  return [id, raw];
}

/** Both alphabets of base64. */
function bytesFrom(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const text = atob(base64.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(text, (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** Never tells any part of the secret's value. */
function unusable(what: string): AppError {
  const message = `The deployment's secret ${SECRET} ${what}`;
  return new AppError("CONFIGURATION_ERROR", message, { secret: SECRET, format: FORMAT });
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new TextEncoder().encode(text));
}
