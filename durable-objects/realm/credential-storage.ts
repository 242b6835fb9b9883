import type { KeyedProvider } from "../../sdk/contract/index.ts";
import type { Sealed } from "./credential-cipher.ts";

/** A credential as it is stored. Times are Unix seconds. */
export interface StoredCredential {
  provider: KeyedProvider;
  sealed: Sealed;
  baseUrl: string | null;
  last4: string | null;
  createdAt: number;
  rotatedAt: number | null;
  lastTestedAt: number | null;
}

/** The table of a realm's credentials. A row's `iv` is fresh with each sealing, so it says which value is meant. */
export class CredentialStorage {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  list(): StoredCredential[] {
    const rows = this.#sql.exec<Row>("SELECT * FROM credentials ORDER BY provider").toArray();
    return rows.map((row) => ({
      provider: row.provider,
      sealed: { keyId: row.key_id, iv: new Uint8Array(row.iv), data: new Uint8Array(row.sealed) },
      baseUrl: row.base_url,
      last4: row.last4,
      createdAt: row.created_at,
      rotatedAt: row.rotated_at,
      lastTestedAt: row.last_tested_at,
    }));
  }

  put({ provider, sealed, ...row }: StoredCredential): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO credentials (provider, key_id, iv, sealed, base_url, last4, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
      provider,
      sealed.keyId,
      sealed.iv,
      sealed.data,
      row.baseUrl,
      row.last4,
      row.createdAt,
    );
  }

  /** Replaces a sealing unless the value was changed meanwhile. @returns whether it did */
  reseal(before: Sealed, after: Sealed, at: number): boolean {
    const { rowsWritten } = this.#sql.exec(
      "UPDATE credentials SET key_id = ?, iv = ?, sealed = ?, rotated_at = ? WHERE iv = ?",
      after.keyId,
      after.iv,
      after.data,
      at,
      before.iv,
    );
    return rowsWritten > 0;
  }

  tested({ iv }: Sealed, at: number): void {
    this.#sql.exec("UPDATE credentials SET last_tested_at = ? WHERE iv = ?", at, iv);
  }

  delete(provider: KeyedProvider): boolean {
    return this.#sql.exec("DELETE FROM credentials WHERE provider = ?", provider).rowsWritten > 0;
  }
}

type Row = {
  provider: KeyedProvider;
  key_id: string;
  iv: ArrayBuffer;
  sealed: ArrayBuffer;
  base_url: string | null;
  last4: string | null;
  created_at: number;
  rotated_at: number | null;
  last_tested_at: number | null;
};
