import { type Access, AppError } from "../../sdk/contract/index.ts";
import type { RealmRecord } from "./realm-record.ts";

const LIFETIME_MS = 60_000;

/** What a ticket stands for. */
export interface TicketGrant extends Access {
  /** The page that may use it; nothing for a client that is no browser. */
  origin: string | null;
}

/**
 * The realm's tickets for sockets and event streams in browsers: single use, a minute at most
 * (design 6). The realm's name stands in front, so that a ticket finds its way without one in the URL.
 */
export class Tickets {
  readonly #record: RealmRecord;
  readonly #sql: SqlStorage;

  constructor(record: RealmRecord, sql: SqlStorage) {
    this.#record = record;
    this.#sql = sql;
  }

  async issue({
    scopes,
    actor,
    origin,
    confines = {},
    expiresAt: accessEnds,
  }: TicketGrant): Promise<{ ticket: string; expires_at: number }> {
    const { realmId } = this.#record.open().manifest;
    const ticket = `${realmId}.${crypto.randomUUID()}${crypto.randomUUID()}`;
    const digest = await digestOf(ticket);
    const expiresAt = Date.now() + LIFETIME_MS;
    this.#sql.exec("DELETE FROM tickets WHERE expires_at < ?", Date.now());
    this.#sql.exec(
      "INSERT INTO tickets (digest, scopes, actor, origin, confines, access_ends, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
      digest,
      JSON.stringify(scopes),
      actor,
      origin,
      JSON.stringify(confines),
      accessEnds ?? null,
      expiresAt,
    );
    return { ticket, expires_at: Math.floor(expiresAt / 1_000) };
  }

  /** Takes a ticket in. @throws {AppError} `UNAUTHORIZED` for one that is used, expired, foreign or made up */
  async redeem(ticket: string, origin: string | null): Promise<Access> {
    const digest = await digestOf(ticket);
    const [row] = this.#record.exists
      ? this.#sql
          .exec<TicketRow>("DELETE FROM tickets WHERE digest = ? RETURNING *", digest)
          .toArray()
      : [];
    if (!row || row.expires_at < Date.now() || row.origin !== origin) {
      throw new AppError(
        "UNAUTHORIZED",
        "The ticket is not valid: it is used, expired, or of another page",
      );
    }
    const { scopes, actor, confines, access_ends } = row;
    return {
      scopes: JSON.parse(scopes),
      actor,
      confines: JSON.parse(confines),
      expiresAt: access_ends ?? undefined,
    };
  }
}

type TicketRow = {
  scopes: string;
  actor: string;
  origin: string | null;
  confines: string;
  access_ends: number | null;
  expires_at: number;
};

async function digestOf(ticket: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(ticket));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
