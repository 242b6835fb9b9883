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
}

/** What a presented token is checked against, and what it then allows. */
export interface TokenGrant extends Omit<Access, "actor"> {
  digest: string;
  confines: Confines;
  origins: readonly string[] | undefined;
  /** Unix seconds. */
  expiresAt: number | undefined;
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
    const { held } = this.#sql.exec<{ held: number }>("SELECT count(*) AS held FROM tokens").one();
    if (held >= MOST) {
      const message = `The realm has ${MOST} access tokens and shares, as many as it may: revoke one first`;
      throw new AppError("CONFLICT", message, { max_tokens: MOST });
    }
    const [row] = this.#sql
      .exec<TokenRow>(
        `INSERT INTO tokens (token_id, digest, name, scopes, confines, origins, created_at, created_by, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *`,
        token.tokenId,
        token.digest,
        token.name ?? null,
        JSON.stringify(token.scopes),
        JSON.stringify(token.confines),
        token.origins ? JSON.stringify(token.origins) : null,
        now,
        token.createdBy,
        token.expiresIn === undefined ? null : now + token.expiresIn,
      )
      .toArray();
    // An insert answers with what it wrote.
    return shown(row as TokenRow);
  }

  /** Newest first, without those that have expired. */
  list(): TokenInfo[] {
    if (!this.#record.exists) return [];
    return this.#sql
      .exec<TokenRow>(
        "SELECT * FROM tokens WHERE expires_at IS NULL OR expires_at > ? ORDER BY created_at DESC, token_id",
        seconds(),
      )
      .toArray()
      .map(shown);
  }

  /** @returns whether there was one */
  revoke(tokenId: string): boolean {
    if (!this.#record.exists) return false;
    return this.#sql.exec("DELETE FROM tokens WHERE token_id = ?", tokenId).rowsWritten > 0;
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
      this.#sql.exec("UPDATE tokens SET last_used_at = ? WHERE token_id = ?", hour, tokenId);
    }
    return {
      digest: row.digest,
      scopes: JSON.parse(row.scopes),
      confines: JSON.parse(row.confines),
      origins: row.origins === null ? undefined : JSON.parse(row.origins),
      expiresAt: row.expires_at ?? undefined,
    };
  }
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
};

function shown(row: TokenRow): TokenInfo {
  const confines: Confines = JSON.parse(row.confines);
  return {
    token_id: row.token_id,
    ...(row.name === null ? {} : { name: row.name }),
    scopes: JSON.parse(row.scopes),
    ...confines,
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
