import type { ConfigDocument, Quota, RemoteParts } from "../../sdk/contract/index.ts";
import type { RealmParts } from "../realm/realm-parts.ts";
import type { Journal } from "./journal.ts";
import { inUse, type RealmInUse } from "./run-access.ts";

/** What a session is called. */
export interface SessionIds {
  realmId: string;
  sessionId: string;
}

/** What a session asks of its realm before it does something. */
export class RealmLink {
  readonly #journal: Journal;
  readonly #env: object;
  readonly #parts: (realmId: string) => RemoteParts<RealmParts>;

  constructor(journal: Journal, parts: (realmId: string) => RemoteParts<RealmParts>, env: object) {
    this.#env = env;
    this.#journal = journal;
    this.#parts = parts;
  }

  /** What a turn needs of its realm, in one request: its config, and keys that must be stored nowhere. */
  async inUse(realmId: string): Promise<RealmInUse> {
    return inUse(await this.#parts(realmId).credentials.inUse(), this.#env);
  }

  /** Enters a session that is about to be made in the realm's list, and brings what a turn needs of it. */
  async join({ realmId, sessionId }: SessionIds): Promise<RealmInUse> {
    // Asked for again: it has its place already.
    if (this.#journal.session) return this.inUse(realmId);
    return inUse(await this.#parts(realmId).directory.join(sessionId), this.#env);
  }

  /** Asks for leave to begin a turn, only where its realm or its starter's token limits turns. @throws {AppError} `RATE_LIMITED` */
  async permitTurn(
    { realmId, sessionId }: SessionIds,
    { limits }: ConfigDocument,
    quota: Quota | undefined,
  ): Promise<void> {
    if (!isLimited(limits, quota)) return;
    await this.#parts(realmId).turns.admit(sessionId, this.#journal.seq, quota);
  }

  /**
   * Begins a turn with leave; where it cannot begin after all, the place is free again.
   * @throws {AppError} `RATE_LIMITED`, and what `begin` throws
   */
  async permitted<Begun>(
    ids: SessionIds,
    { config, quota }: { config: ConfigDocument; quota: Quota | undefined },
    begin: () => Promise<Begun>,
  ): Promise<Begun> {
    await this.permitTurn(ids, config, quota);
    try {
      return await begin();
    } catch (cause) {
      // If another turn came first, the place is that one's.
      const isUnused = !this.#journal.session?.state.run;
      if (isUnused && isLimited(config.limits, quota)) {
        // The realm itself waits 10 seconds for a turn and no longer.
        await this.#parts(ids.realmId)
          .turns.forgo(ids.sessionId)
          .catch(() => undefined);
      }
      throw cause;
    }
  }
}

function isLimited(limits: ConfigDocument["limits"], quota: Quota | undefined): boolean {
  return Boolean(quota || limits?.max_concurrent_turns || limits?.turns_per_minute);
}
