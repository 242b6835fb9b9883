import { AppError, RealmId, REGISTRY_REALM } from "../../../sdk/contract/index.ts";
import { realmOf } from "../../session-address.ts";

const MOST_LISTED = 1_000;

interface Put {
  expirationTtl?: number;
  expiration?: number;
  metadata?: unknown;
}

/**
 * What the OAuth library takes for its KV namespace. Grants are in their realm's object, and go with it;
 * clients and open consent pages are in the object that is no realm. A client whose id is a URL is not
 * stored at all: its document is asked for.
 */
export class Records {
  readonly #env: Env;

  constructor(env: Env) {
    this.#env = env;
  }

  async get(key: string, options?: { type?: string }): Promise<unknown> {
    const text = await this.#text(key);
    if (text === undefined) return null;
    return options?.type === "json" ? JSON.parse(text) : text;
  }

  async put(key: string, value: string, options: Put = {}): Promise<void> {
    // The library's own access tokens are never handed out: ours are, see `Exchange`.
    if (key.startsWith("token:")) return;
    const { expirationTtl: ttl, expiration, metadata } = options;
    const expiresAt = ttl === undefined ? expiration : Math.floor(Date.now() / 1_000) + ttl;
    await this.#recordsOf(key).put(key, value, expiresAt, metadata);
  }

  /** @throws {AppError} `NOT_FOUND` for a consent page that somebody else has used meanwhile */
  async delete(key: string): Promise<void> {
    const existed = await this.#recordsOf(key).delete(key);
    if (key.startsWith("transaction:") && !existed) {
      throw new AppError("NOT_FOUND", "This page was used already: start again in your client");
    }
    const { realm, recordId } = grantIn(key) ?? {};
    if (realm && recordId) await realmOf({ env: this.#env, realm }).clientGrants.end(recordId);
  }

  async list({ prefix, cursor }: { prefix: string; cursor?: string }) {
    const keys = prefix.startsWith("token:")
      ? []
      : await this.#recordsOf(prefix).list(prefix, cursor ?? "", MOST_LISTED);
    if (keys.length < MOST_LISTED) return { keys, list_complete: true };
    return { keys, list_complete: false, cursor: keys.at(-1)?.name };
  }

  /** A client was granted something: it stays when strangers register many others. */
  async trustClient(clientId: string): Promise<void> {
    const key = `client:${clientId}`;
    if (documentIn(key) === undefined) await this.#recordsOf(key).trust(key);
  }

  async #text(key: string): Promise<string | undefined> {
    const url = documentIn(key);
    if (url !== undefined) {
      const { clientDocuments } = realmOf({ env: this.#env, realm: REGISTRY_REALM });
      return JSON.stringify(await clientDocuments.find(url));
    }
    return this.#recordsOf(key).get(key);
  }

  #recordsOf(key: string) {
    const realm = grantIn(key)?.realm ?? REGISTRY_REALM;
    return realmOf({ env: this.#env, realm }).oauthRecords;
  }
}

/** The address of a client's document, if its id is one. */
function documentIn(key: string): string | undefined {
  return /^client:(https:.+)$/i.exec(key)?.[1];
}

/** Of which realm a key's grant is: the library's user is the realm. */
function grantIn(key: string): { realm: string; recordId: string } | undefined {
  const [, user, recordId = ""] = /^grant:([^:]*):([^:]*)/.exec(key) ?? [];
  if (user === undefined) return undefined;
  const realm = RealmId.safeParse(user);
  if (realm.success) return { realm: realm.data, recordId };
  throw new AppError("NOT_FOUND", "No such grant");
}
