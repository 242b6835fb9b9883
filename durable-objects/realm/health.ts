import type { ProviderName } from "../../sdk/contract/index.ts";
import type { Credentials } from "./credentials.ts";
import type { DirectoryStorage } from "./directory-storage.ts";
import type { RealmRecord } from "./realm-record.ts";
import type { ProviderSighting, Usage } from "./usage.ts";

// Health must stay cheap in a realm of any size.
const COUNTED_SESSIONS = 1_000;

/** What a realm's object knows of its own state. */
export interface RealmHealth {
  /** Its clock, Unix milliseconds. */
  now: number;
  storedBytes: number;
  /** Sessions that are not archived, counted up to a limit. */
  openSessions: { count: number; limit: number };
  /** When its chores are due, Unix milliseconds, if any are. */
  alarmAt: number | null;
  /** Providers that the realm has keys of its own for. */
  ownKeys: ProviderName[];
  sealingProblem: string | undefined;
  sightings: ProviderSighting[];
}

interface HealthReach {
  directory: DirectoryStorage;
  credentials: Credentials;
  usage: Usage;
}

/** Tells how the realm is, from what is at hand: it asks nobody, wakes nobody and writes nothing. */
export class Health {
  readonly #record: RealmRecord;
  readonly #storage: DurableObjectStorage;
  readonly #reach: HealthReach;

  constructor(record: RealmRecord, storage: DurableObjectStorage, reach: HealthReach) {
    this.#record = record;
    this.#storage = storage;
    this.#reach = reach;
  }

  /** Also of a realm that nobody used yet; asking does not create it. */
  async read(): Promise<RealmHealth> {
    const { directory, credentials, usage } = this.#reach;
    const count = this.#record.exists ? directory.countOpen(COUNTED_SESSIONS) : 0;
    return {
      now: Date.now(),
      storedBytes: this.#storage.sql.databaseSize,
      openSessions: { count, limit: COUNTED_SESSIONS },
      alarmAt: await this.#storage.getAlarm(),
      ownKeys: credentials.own(),
      sealingProblem: credentials.sealingProblem(),
      sightings: usage.sightings(),
    };
  }
}
