import type { Remote } from "../../sdk/contract/index.ts";
import type { RealmRecord } from "./realm-record.ts";
import type { Registry } from "./registry.ts";
import type { Chore } from "./upkeep.ts";

/** Enters a new realm in the deployment's list, later if that cannot be reached: first use never waits for it. */
export class Registration implements Chore {
  readonly #record: RealmRecord;
  readonly #registry: () => Remote<Registry>;

  constructor(record: RealmRecord, registry: () => Remote<Registry>) {
    this.#record = record;
    this.#registry = registry;
  }

  dueAt(): number | undefined {
    const found = this.#record.find();
    return found && !found.isRegistered && !found.isDeleting ? 0 : undefined;
  }

  async step(): Promise<boolean> {
    await this.#registry().enter(this.#record.manifest.realmId);
    this.#record.markRegistered();
    return true;
  }
}
