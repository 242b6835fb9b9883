import type { Scope } from "../../sdk/contract/index.ts";
import type { OAuthRecords } from "./oauth-records.ts";
import type { RealmRecord } from "./realm-record.ts";
import type { NewToken, Tokens } from "./tokens.ts";

const DAY_SECONDS = 86_400;
/** Long, since it can be revoked at any time and many clients do not refresh by themselves. */
const ACCESS_SECONDS = DAY_SECONDS;
/** Put off by every refresh. */
const GRANT_SECONDS = 30 * DAY_SECONDS;
/** Longer than any code is good. */
const CODE_SECONDS = 3_600;
/** What is about to end is not worth a token. */
const SHORTEST_SECONDS = 60;
/** A client that refreshes without need keeps this many tokens. */
const MOST_TOKENS = 8;

/** The secret of a new access token; its text stays with the Worker. */
export type NewSecret = Pick<NewToken, "tokenId" | "digest">;

/** What somebody agreed to on the consent page. */
export interface Consent {
  /** The OAuth library's record: it can be opened once. */
  recordId: string;
  clientId: string;
  clientName: string;
  scopes: readonly Scope[];
  /** The token that vouched for it; none for the deployment's own secret. */
  parentId?: string | undefined;
  mark: string;
}

/** What a client holds now, in seconds from now. */
export interface Held {
  grantId: string;
  scopes: readonly Scope[];
  accessFor: number;
  grantFor: number;
}

/** What OAuth clients were granted: a token of its own kind each, with short-lived access tokens under it. */
export class ClientGrants {
  readonly #record: RealmRecord;
  readonly #storage: DurableObjectStorage;
  readonly #tokens: Tokens;
  readonly #records: OAuthRecords;

  constructor(
    record: RealmRecord,
    storage: DurableObjectStorage,
    { tokens, records }: { tokens: Tokens; records: OAuthRecords },
  ) {
    this.#record = record;
    this.#storage = storage;
    this.#tokens = tokens;
    this.#records = records;
  }

  /**
   * Opens a grant with its first token, in one step: nothing for a code that was used before, or if
   * whoever vouched is gone. It never reaches or outlives what the token that vouched may do.
   * @throws {AppError} `CONFLICT` when the realm has as many tokens as it may have
   */
  open(consent: Consent, secret: NewSecret): Held | undefined {
    this.#record.open();
    const parent = this.#parentOf(consent.parentId);
    const scopes = parent ? consent.scopes.filter((scope) => parent.scopes.includes(scope)) : [];
    const grantFor = lifeUnder(parent);
    const code = spentKey(consent.recordId, "code");
    const isUsed = this.#records.get(code) !== undefined;
    if (isUsed || scopes.length === 0 || grantFor < SHORTEST_SECONDS) return undefined;
    const { recordId, clientId, clientName: name, parentId, mark } = consent;
    const grantId = crypto.getRandomValues(new Uint8Array(8)).toHex();
    const shared = { name, confines: parent?.confines ?? {}, origins: parent?.origins };
    return this.#storage.transactionSync(() => {
      this.#records.put(code, "", seconds() + CODE_SECONDS);
      this.#tokens.add({
        ...shared,
        tokenId: grantId,
        digest: "",
        scopes,
        createdBy: parentId ?? "admin",
        expiresIn: grantFor,
        client: { clientId, mark, parentId, recordId },
      });
      const accessFor = Math.min(ACCESS_SECONDS, grantFor);
      const client = { clientId, mark, grantId, parentId };
      const access = { ...shared, ...secret, scopes, createdBy: grantId, expiresIn: accessFor };
      this.#tokens.add({ ...access, client });
      return { grantId, scopes, accessFor, grantFor };
    });
  }

  /** Another token of a grant, which lives longer from now on; nothing for one that has ended. */
  renew(
    recordId: string,
    { scopes: asked, spent, mark }: { scopes: readonly Scope[]; spent: string; mark: string },
    secret: NewSecret,
  ): Held | undefined {
    const row = this.#grantOf(recordId);
    const grant = row && this.#tokens.find(row.token_id);
    const parentId = row?.parent_id ?? undefined;
    const parent = row && this.#parentOf(parentId);
    const grantFor = lifeUnder(parent);
    if (!row || !grant || grant.client?.mark !== mark || grantFor < SHORTEST_SECONDS) {
      return undefined;
    }
    const { token_id: grantId, client_id: clientId, name } = row;
    const scopes = grant.scopes.filter((scope) => asked.includes(scope));
    const accessFor = Math.min(ACCESS_SECONDS, grantFor);
    return this.#storage.transactionSync(() => {
      const { sql } = this.#storage;
      sql.exec(
        "UPDATE tokens SET expires_at = ? WHERE token_id = ?",
        seconds() + grantFor,
        grantId,
      );
      this.#records.put(spentKey(recordId, spent), "", seconds() + grantFor);
      this.#tokens.add({
        ...secret,
        name,
        scopes,
        confines: grant.confines,
        origins: grant.origins,
        createdBy: grantId,
        expiresIn: accessFor,
        client: { clientId, mark, grantId, parentId },
      });
      sql.exec(
        `DELETE FROM tokens WHERE grant_id = ?1 AND token_id NOT IN (
           SELECT token_id FROM tokens WHERE grant_id = ?1
           ORDER BY token_id = ?2 DESC, created_at DESC LIMIT ?3)`,
        grantId,
        secret.tokenId,
        MOST_TOKENS,
      );
      return { grantId, scopes, accessFor, grantFor };
    });
  }

  /** Ends a grant whose refresh token was stolen: one that was used before came again. @returns its id */
  endIfSpent(recordId: string, spent: string): string | undefined {
    if (this.#records.get(spentKey(recordId, spent)) === undefined) return undefined;
    return this.end(recordId);
  }

  /** @returns the id of the grant that ended, if there was one */
  end(recordId: string): string | undefined {
    const row = this.#grantOf(recordId);
    if (row) this.#tokens.revoke(row.token_id);
    return row?.token_id;
  }

  /** Ends one access token on its own client's word. @returns whether it was that client's */
  drop(tokenId: string, digest: string, clientId: string): boolean {
    const token = this.#record.exists ? this.#tokens.find(tokenId) : undefined;
    if (token?.digest !== digest || token.client?.clientId !== clientId) return false;
    return this.#tokens.revoke(tokenId).length > 0;
  }

  /** Whoever vouched, if that still stands: with the deployment's own secret anything goes. */
  #parentOf(parentId: string | undefined): Parent | undefined {
    if (parentId === undefined) return { scopes: ["read", "run", "admin"], confines: {} };
    const parent = this.#tokens.find(parentId);
    return parent?.client ? undefined : parent;
  }

  #grantOf(recordId: string): GrantRow | undefined {
    if (!this.#record.exists) return undefined;
    const [row] = this.#storage.sql
      .exec<GrantRow>(
        `SELECT token_id, name, client_id, parent_id FROM tokens
         WHERE record_id = ? AND expires_at > ?`,
        recordId,
        seconds(),
      )
      .toArray();
    return row;
  }
}

type Parent = Pick<NewToken, "scopes" | "confines" | "origins"> & {
  expiresAt?: number | undefined;
};

type GrantRow = { token_id: string; name: string; client_id: string; parent_id: string | null };

function lifeUnder(parent: Parent | undefined): number {
  if (!parent) return 0;
  return Math.min(GRANT_SECONDS, (parent.expiresAt ?? Infinity) - seconds());
}

function spentKey(recordId: string, spent: string): string {
  return `spent:${recordId}:${spent}`;
}

function seconds(): number {
  return Math.floor(Date.now() / 1_000);
}
