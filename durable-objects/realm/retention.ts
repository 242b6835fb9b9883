import type { DirectoryStorage } from "./directory-storage.ts";
import type { Member, Membership } from "./membership.ts";
import type { RealmRecord } from "./realm-record.ts";
import type { SessionObjects } from "./session-objects.ts";
import type { Chore } from "./upkeep.ts";

const DAY_MS = 24 * 60 * 60_000;
const BATCH = 50;

type Dated = Member & { at: number };

/** Erases sessions that were archived, or not used, for as long as the realm's config says (`retention`). */
export class Retention implements Chore {
  readonly #record: RealmRecord;
  readonly #directory: DirectoryStorage;
  readonly #members: Membership;
  readonly #sessions: SessionObjects;

  constructor(
    record: RealmRecord,
    parts: { directory: DirectoryStorage; members: Membership; sessions: SessionObjects },
  ) {
    this.#record = record;
    this.#directory = parts.directory;
    this.#members = parts.members;
    this.#sessions = parts.sessions;
  }

  dueAt(): number | undefined {
    const dates = this.#dated(1).map(({ at }) => at);
    return dates.length === 0 ? undefined : Math.min(...dates);
  }

  async step(): Promise<boolean> {
    const due = this.#dated(BATCH).filter(({ at }) => at <= Date.now());
    const settled = await Promise.allSettled(due.map((member) => this.#erase(member)));
    for (const outcome of settled) {
      if (outcome.status === "rejected") console.error("a session stays", outcome.reason);
    }
    return settled.every((outcome) => outcome.status === "fulfilled" && outcome.value);
  }

  /** Those whose time comes first, each with the time. */
  #dated(limit: number): Dated[] {
    const found = this.#record.find();
    if (!found || found.isDeleting) return [];
    const { archived_days: archived, idle_days: idle } = found.config.retention ?? {};
    const later = (members: readonly Dated[], days: number) =>
      members.map((member) => ({ ...member, at: member.at + days * DAY_MS }));
    return [
      ...(archived ? later(this.#members.archived(limit), archived) : []),
      ...(idle ? later(this.#members.idle(limit), idle) : []),
    ];
  }

  /** @returns false if the session stays, because it was used since the directory heard of it */
  async #erase({ session_id, version }: Member): Promise<boolean> {
    const { outcome, row } = await this.#sessions(session_id).erase(version ?? undefined);
    if (outcome !== "kept") this.#directory.remove(session_id);
    else if (row) this.#directory.record(row);
    return outcome !== "kept";
  }
}
