import type { ConfigDocument } from "../../sdk/contract/index.ts";
import { hasTable, migrate } from "../lib/migrate.ts";
import { migrations } from "./migrations.ts";

/** What a realm is: fixed when it is first used (contract 1.2). */
export interface Manifest {
  realmId: string;
  backend: string;
  origin: string;
  instanceId: string | null;
  /** Unix seconds. */
  createdAt: number;
}

/** What is stored of a realm itself. */
export interface StoredRealm {
  manifest: Manifest;
  generation: number;
  config: ConfigDocument;
}

/** The one row that says that the realm exists, what it is, and how it is configured. */
export class RealmRecord {
  readonly #storage: DurableObjectStorage;
  readonly #pinned: () => Manifest;
  #isCreated = false;

  /** `pinned` gives the manifest of a realm that is used for the first time. */
  constructor(storage: DurableObjectStorage, pinned: () => Manifest) {
    this.#storage = storage;
    this.#pinned = pinned;
    if (this.exists) migrate(storage, migrations);
  }

  /** Remembered once it is so: looking it up costs rows. */
  get exists(): boolean {
    this.#isCreated ||= hasTable(this.#storage.sql, "realm");
    return this.#isCreated;
  }

  /** The realm's manifest, also of one that nobody used yet. */
  get manifest(): Manifest {
    return this.find()?.manifest ?? this.#pinned();
  }

  /** The realm, or nothing before its first use; asking leaves no trace. */
  find(): StoredRealm | undefined {
    if (!this.exists) return undefined;
    const [row] = this.#storage.sql.exec<RealmRow>("SELECT * FROM realm").toArray();
    if (!row) return undefined;
    const { realm_id, backend, origin, instance_id, created_at, generation, config } = row;
    return {
      manifest: {
        realmId: realm_id,
        backend,
        origin,
        instanceId: instance_id,
        createdAt: created_at,
      },
      generation,
      config: JSON.parse(config),
    };
  }

  /** The realm, created on its first use. */
  open(): StoredRealm {
    return this.find() ?? this.#create(this.#pinned());
  }

  writeConfig(config: ConfigDocument, generation: number): void {
    this.#storage.sql.exec(
      "UPDATE realm SET config = ?, generation = ?",
      JSON.stringify(config),
      generation,
    );
  }

  #create(manifest: Manifest): StoredRealm {
    migrate(this.#storage, migrations);
    const { realmId, backend, origin, instanceId, createdAt } = manifest;
    this.#storage.sql.exec(
      "INSERT INTO realm (realm_id, backend, origin, instance_id, created_at) VALUES (?, ?, ?, ?, ?)",
      realmId,
      backend,
      origin,
      instanceId,
      createdAt,
    );
    return { manifest, generation: 0, config: {} };
  }
}

type RealmRow = {
  realm_id: string;
  backend: string;
  origin: string;
  instance_id: string | null;
  created_at: number;
  generation: number;
  config: string;
};
