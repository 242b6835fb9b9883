import type { RealmInfo } from "../../sdk/contract/index.ts";
import type { Deletion } from "./deletion.ts";
import type { Membership } from "./membership.ts";
import type { RealmRecord, StoredRealm } from "./realm-record.ts";
import type { Registration } from "./registration.ts";

/** The realm as a whole: what it is, and that it exists. */
export class Profile {
  readonly #record: RealmRecord;
  readonly #members: Membership;
  readonly #deletion: Deletion;
  readonly #registration: Registration;

  constructor(
    record: RealmRecord,
    {
      members,
      deletion,
      registration,
    }: { members: Membership; deletion: Deletion; registration: Registration },
  ) {
    this.#record = record;
    this.#members = members;
    this.#deletion = deletion;
    this.#registration = registration;
  }

  /** Nothing before the realm's first use; asking leaves no trace. */
  read(): RealmInfo | undefined {
    const found = this.#record.find();
    return found && this.#info(found);
  }

  /** Creates the realm unless it exists; whoever lists realms next sees it. @throws {AppError} `REALM_DELETING` */
  async create(backend: string | undefined): Promise<RealmInfo & { created: boolean }> {
    const created = this.#record.inUse() === undefined;
    const info = this.#info(this.#record.open(backend));
    if (this.#registration.dueAt() !== undefined) await this.#registration.step();
    return { ...info, created };
  }

  #info({ manifest, isDeleting }: StoredRealm): RealmInfo {
    const { realmId, backend, origin, createdAt, instanceId } = manifest;
    const usedAt = this.#members.lastUse();
    const deletion = this.#deletion.status();
    return {
      realm_id: realmId,
      backend,
      origin,
      created_at: String(createdAt),
      instance_id: instanceId,
      state: isDeleting ? "deleting" : "active",
      active_sessions: this.#members.active(),
      last_used_at: usedAt === undefined ? createdAt : Math.floor(usedAt / 1_000),
      ...(deletion ? { deletion } : {}),
    };
  }
}
