import type { OutputOf } from "../../sdk/contract/index.ts";
import type { DirectoryStorage } from "./directory-storage.ts";
import type { Member, Membership } from "./membership.ts";
import type { RealmRecord } from "./realm-record.ts";
import type { SessionObjects } from "./session-objects.ts";

// One call stays far below what the platform lets an object ask of others at once.
const PAGE = 100;

type Report = OutputOf<"realms/repair">;
type Finding = "right" | "repaired" | "removed" | "missing" | "unreachable";

/** Rebuilds the directory from what the sessions say of themselves; their logs are the truth. */
export class Repair {
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

  /** Asks the sessions that are named, else a page of those that the realm knows. @throws {AppError} `REALM_DELETING` */
  async run(named: readonly string[] | undefined, cursor: string): Promise<Report> {
    const exists = this.#record.inUse() !== undefined;
    const known = (ids: readonly string[]) =>
      exists ? this.#members.named(ids) : ids.map((session_id) => ({ session_id, version: null }));
    const page = exists ? this.#members.page(cursor, PAGE) : [];
    const asked = named ? known(named) : page;
    const findings = await Promise.all(asked.map((member) => this.#check(member)));
    const count = (wanted: Finding) => findings.filter((finding) => finding === wanted).length;
    const last = named || page.length < PAGE ? undefined : page.at(-1)?.session_id;
    const isMissing = (_: Member, at: number) => {
      const finding = findings[at];
      return finding === "missing" || finding === "removed";
    };
    return {
      checked: asked.length,
      repaired: count("repaired"),
      removed: count("removed"),
      unreachable: count("unreachable"),
      missing: named ? asked.filter(isMissing).map(({ session_id }) => session_id) : [],
      ...(last === undefined ? {} : { cursor: last }),
    };
  }

  async #check({ session_id, version }: Member): Promise<Finding> {
    try {
      const { row } = await this.#sessions(session_id).standing();
      if (row) {
        this.#record.open();
        this.#directory.join(session_id);
        return this.#directory.correct(row, version ?? undefined) ? "repaired" : "right";
      }
    } catch (cause) {
      console.error(`session ${session_id} could not be asked`, cause);
      return "unreachable";
    }
    if (version === null) return "missing";
    return this.#directory.remove(session_id) ? "removed" : "missing";
  }
}
