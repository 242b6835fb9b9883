import { type Access, AppError, type Confines, type TokenInfo } from "../../sdk/contract/index.ts";
import type { RealmRecord } from "./realm-record.ts";

const MOST = 1_000;
const HOUR_SECONDS = 3_600;

/** What a new token is to be; its secret stays with who makes it. */
export interface NewToken extends Omit<Access, "actor"> {
  tokenId: string;
  /** SHA-256 of the secret, in hex. */
  digest: string;
  name?: string | undefined;
  confines: Confines;
  /** Pages that may send it; nothing for any. */
  origins?: readonly string[] | undefined;
  createdBy: string;
  /** Seconds from now. */
  expiresIn?: number | undefined;
  /** For a client's grant and its tokens. */
  client?: ClientOrigin | undefined;
}

/** Where a token comes from that a client was granted. */
interface ClientOrigin {
  clientId: string;
  /** What the deployment's secrets were then: with others the token does not count. */
  mark: string;
  /** The grant that an access token is of; a grant itself is of none. */
  grantId?: string;
  /** The token that vouched; none for the deployment's own secret. */
  parentId?: string | undefined;
  /** The OAuth library's record of a grant. */
  recordId?: string;
}

/** What a presented token is checked against, and what it then allows. */
export interface TokenGrant extends Omit<Access, "actor"> {
  digest: string;
  confines: Confines;
  origins: readonly string[] | undefined;
  /** Unix seconds. */
  expiresAt: number | undefined;
  /** For a client's access token: whose, under which grant, and who vouched when. */
  client?: { clientId: string; grantId: string; mark: string; parentId?: string | undefined };
}

/** The realm's access tokens and shares. */
export class Tokens {
  readonly #record: RealmRecord;
  readonly #sql: SqlStorage;

  constructor(record: RealmRecord, sql: SqlStorage) {
    this.#record = record;
    this.#sql = sql;
  }

  /** @throws {AppError} `CONFLICT` when the realm has as many as it may have */
  add(token: NewToken): TokenInfo {
    this.#record.open();
    const now = seconds();
    this.#sql.exec("DELETE FROM tokens WHERE expires_at <= ?", now);
    const { held } = this.#sql
      .exec<{ held: number }>("SELECT count(*) AS held FROM tokens WHERE grant_id IS NULL")
      .one();
    const { client } = token;
    if (held >= MOST && client?.grantId === undefined) {
      const message = `The realm has ${MOST} access tokens and shares, as many as it may: revoke one first`;
      throw new AppError("CONFLICT", message, { max_tokens: MOST });
    }
    const [row] = this.#sql
      .exec<TokenRow>(
        `INSERT INTO tokens (token_id, digest, name, scopes, confines, origins, created_at, created_by, expires_at,
           client_id, grant_id, parent_id, mark, record_id)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *`,
        token.tokenId,
        token.digest,
        token.name ?? null,
        JSON.stringify(token.scopes),
        JSON.stringify(token.confines),
        token.origins ? JSON.stringify(token.origins) : null,
        now,
        token.createdBy,
        token.expiresIn === undefined ? null : now + token.expiresIn,
        client?.clientId ?? null,
        client?.grantId ?? null,
        client?.parentId ?? null,
        client?.mark ?? null,
        client?.recordId ?? null,
      )
      .toArray();
    // An insert answers with what it wrote.
    return shown(row as TokenRow);
  }

  /** Newest first, without those that have expired. What a client was granted is one, however many tokens it has. */
  list(): TokenInfo[] {
    if (!this.#record.exists) return [];
    return this.#sql
      .exec<TokenRow>(
        `SELECT * FROM tokens WHERE grant_id IS NULL AND (expires_at IS NULL OR expires_at > ?)
         ORDER BY created_at DESC, token_id`,
        seconds(),
      )
      .toArray()
      .map(shown);
  }

  /** Ends a token and all that clients were granted in its name. @returns the ids of those that are gone */
  revoke(tokenId: string): string[] {
    if (!this.#record.exists) return [];
    return this.#sql
      .exec<{ token_id: string }>(
        "DELETE FROM tokens WHERE token_id = ?1 OR parent_id = ?1 OR grant_id = ?1 RETURNING token_id",
        tokenId,
      )
      .toArray()
      .map(({ token_id }) => token_id);
  }

  /** What a token allows, noting that it is in use, to the hour; nothing for one that is revoked. */
  find(tokenId: string): TokenGrant | undefined {
    if (!this.#record.exists) return undefined;
    const [row] = this.#sql
      .exec<TokenRow>("SELECT * FROM tokens WHERE token_id = ?", tokenId)
      .toArray();
    if (!row) return undefined;
    const hour = Math.floor(seconds() / HOUR_SECONDS) * HOUR_SECONDS;
    if (row.last_used_at !== hour) {
      // Of a client's token its grant is what is listed.
      this.#sql.exec(
        "UPDATE tokens SET last_used_at = ? WHERE token_id IN (?, ?)",
        hour,
        tokenId,
        row.grant_id,
      );
    }
    return {
      digest: row.digest,
      scopes: JSON.parse(row.scopes),
      confines: JSON.parse(row.confines),
      origins: row.origins === null ? undefined : JSON.parse(row.origins),
      expiresAt: row.expires_at ?? undefined,
      ...(row.client_id === null ? {} : { client: clientOf(row, row.client_id) }),
    };
  }
}

function clientOf({ token_id, grant_id, parent_id, mark }: TokenRow, clientId: string) {
  const parentId = parent_id ?? undefined;
  return { clientId, grantId: grant_id ?? token_id, parentId, mark: mark ?? "" };
}

type TokenRow = {
  token_id: string;
  digest: string;
  name: string | null;
  scopes: string;
  confines: string;
  origins: string | null;
  created_at: number;
  created_by: string;
  expires_at: number | null;
  last_used_at: number | null;
  client_id: string | null;
  grant_id: string | null;
  parent_id: string | null;
  mark: string | null;
};

function shown(row: TokenRow): TokenInfo {
  const confines: Confines = JSON.parse(row.confines);
  return {
    token_id: row.token_id,
    ...(row.name === null ? {} : { name: row.name }),
    scopes: JSON.parse(row.scopes),
    ...confines,
    ...(row.client_id === null ? {} : { client_id: row.client_id }),
    ...(row.origins === null ? {} : { origins: JSON.parse(row.origins) }),
    created_at: row.created_at,
    created_by: row.created_by,
    ...(row.expires_at === null ? {} : { expires_at: row.expires_at }),
    ...(row.last_used_at === null ? {} : { last_used_at: row.last_used_at }),
  };
}

function seconds(): number {
  return Math.floor(Date.now() / 1_000);
}
