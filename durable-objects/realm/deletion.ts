import { AppError, type RealmDeletion, type Remote } from "../../sdk/contract/index.ts";
import { DeletionStorage, type DeletionJob } from "./deletion-storage.ts";
import type { DirectoryStorage } from "./directory-storage.ts";
import type { Membership } from "./membership.ts";
import type { RealmRecord } from "./realm-record.ts";
import type { Registry } from "./registry.ts";
import type { SessionObjects } from "./session-objects.ts";
import type { Chore } from "./upkeep.ts";

const BATCH = 100;
// An alarm asks so many sessions at most: an invocation may ask about 1,000 times.
const BATCHES_PER_STEP = 4;

/** What a deletion needs of the realm and beyond. */
export interface DeletionReach {
  directory: DirectoryStorage;
  members: Membership;
  sessions: SessionObjects;
  registry: () => Remote<Registry>;
  /** The realm's own object forgets everything, in one step. */
  eraseRealm: () => Promise<void>;
  onChange: () => void;
}

/**
 * Deletes the realm: erases each of its sessions, reads each one's storage again, tells the registry,
 * and erases itself last. Walks by id in committed batches, so a crash costs one batch at most.
 */
export class Deletion implements Chore {
  readonly #record: RealmRecord;
  readonly #storage: DeletionStorage;
  readonly #reach: DeletionReach;

  constructor(record: RealmRecord, storage: DurableObjectStorage, reach: DeletionReach) {
    this.#record = record;
    this.#storage = new DeletionStorage(storage);
    this.#reach = reach;
  }

  /**
   * Begins, or tells how far it has come. @returns nothing for a realm that does not exist
   * @throws {AppError} `REALM_BUSY` while turns run, unless forced
   */
  begin(isForced: boolean): RealmDeletion | undefined {
    const found = this.#record.find();
    if (!found || found.isDeleting) return this.status();
    const active = this.#reach.members.active();
    if (active > 0 && !isForced) {
      const message = `Realm '${found.manifest.realmId}' runs ${active} turns; force ends them`;
      throw new AppError("REALM_BUSY", message, { active_sessions: active });
    }
    this.#storage.begin(this.#reach.members.count());
    this.#record.markDeleting();
    this.#reach.onChange();
    return this.status();
  }

  status(): RealmDeletion | undefined {
    const job = this.#record.exists ? this.#storage.find() : undefined;
    return job && statusOf(job);
  }

  dueAt(): number | undefined {
    return this.#record.find()?.isDeleting ? 0 : undefined;
  }

  async step(): Promise<boolean> {
    for (let batch = 0; batch < BATCHES_PER_STEP; batch += 1) {
      const job = this.#storage.find();
      if (!job) return true;
      const ids = this.#reach.members.page(job.cursor, BATCH).map(({ session_id }) => session_id);
      if (ids.length > 0) await (job.phase === "erasing" ? this.#erase(ids) : this.#verify(ids));
      else if (job.phase === "erasing" || job.is_dirty) this.#storage.verifyFromStart();
      else return this.#finish(job);
    }
    return true;
  }

  async #erase(ids: readonly string[]): Promise<void> {
    const settled = await Promise.allSettled(ids.map((id) => this.#reach.sessions(id).erase()));
    const had = settled.map((outcome) =>
      // One that could not be reached is found again when it is verified.
      outcome.status === "fulfilled" ? outcome.value.outcome === "erased" : undefined,
    );
    this.#storage.advance(ids.at(-1) ?? "", () => ({ erased: this.#strike(ids, had) }));
  }

  async #verify(ids: readonly string[]): Promise<void> {
    const standings = await Promise.all(ids.map((id) => this.#reach.sessions(id).standing()));
    const left = ids.filter((_, at) => standings[at]?.stored !== 0);
    const again = await Promise.all(left.map((id) => this.#reach.sessions(id).erase()));
    this.#storage.advance(ids.at(-1) ?? "", () => ({
      erased: this.#strike(
        left,
        again.map(({ outcome }) => outcome === "erased"),
      ),
      verified: ids.length - left.length,
      isDirty: left.length > 0,
    }));
  }

  /** Strikes rows; a session counts once, also if a crash let it be erased without being counted. */
  #strike(ids: readonly string[], had: readonly (boolean | undefined)[]): number {
    const { directory } = this.#reach;
    return ids.filter((id, at) => {
      if (had[at] === undefined) return false;
      const wasListed = directory.remove(id);
      // It stays a member until its storage was read.
      directory.join(id);
      return wasListed || had[at];
    }).length;
  }

  async #finish(job: DeletionJob): Promise<boolean> {
    const done = {
      ...statusOf(job),
      phase: "done" as const,
      completed_at: Math.floor(Date.now() / 1_000),
    };
    await this.#reach.registry().leave(this.#record.manifest.realmId, done);
    // One that was let in before the deletion began may have reported late.
    if (this.#reach.members.count() === job.verified) await this.#reach.eraseRealm();
    else this.#storage.verifyFromStart();
    return true;
  }
}

function statusOf({ phase, total, erased, verified, started_at }: DeletionJob): RealmDeletion {
  return {
    phase,
    sessions_total: total,
    sessions_erased: erased,
    sessions_verified: verified,
    started_at: Math.floor(started_at / 1_000),
  };
}
