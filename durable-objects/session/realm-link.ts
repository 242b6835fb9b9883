import type { ConfigDocument, RemoteParts } from "../../sdk/contract/index.ts";
import type { RealmParts } from "../realm/realm-parts.ts";
import type { Journal } from "./journal.ts";

/** What a session is called. */
export interface SessionIds {
  realmId: string;
  sessionId: string;
}

/** What a session asks of its realm before it does something. */
export class RealmLink {
  readonly #journal: Journal;
  readonly #parts: (realmId: string) => RemoteParts<RealmParts>;

  constructor(journal: Journal, parts: (realmId: string) => RemoteParts<RealmParts>) {
    this.#journal = journal;
    this.#parts = parts;
  }

  async config(realmId: string): Promise<ConfigDocument> {
    return (await this.#parts(realmId).config.inUse()).config;
  }

  /** Enters a session that is about to be made in the realm's list, and brings the realm's config. */
  async join({ realmId, sessionId }: SessionIds): Promise<ConfigDocument> {
    // Asked for again: it has its place already.
    if (this.#journal.session) return this.config(realmId);
    return (await this.#parts(realmId).directory.join(sessionId)).config;
  }

  /** Asks for leave to begin a turn, only where the config limits turns. @throws {AppError} `RATE_LIMITED` */
  async permitTurn({ realmId, sessionId }: SessionIds, { limits }: ConfigDocument): Promise<void> {
    if (!limits?.max_concurrent_turns && !limits?.turns_per_minute) return;
    await this.#parts(realmId).turns.admit(sessionId, this.#journal.seq);
  }
}
