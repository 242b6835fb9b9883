import { AppError, type ConfigDocument, type RealmInfo } from "../../sdk/contract/index.ts";
import type { Sealed } from "./credential-cipher.ts";
import { hasTable, migrate } from "../lib/migrate.ts";
import { migrations } from "./migrations.ts";

export type Origin = RealmInfo["origin"];

/** What a realm is: fixed when it is first used (contract 1.2). */
export interface Manifest {
  realmId: string;
  backend: string;
  origin: Origin;
  instanceId: string | null;
  /** Unix seconds. */
  createdAt: number;
}

/** What is stored of a realm itself. */
export interface StoredRealm {
  manifest: Manifest;
  generation: number;
  /** With marks in place of its secrets. */
  config: ConfigDocument;
  /** The secrets of the config, if it has any: see `ConfigVault`. */
  sealed: Sealed | undefined;
  /** Whether the deployment's list of realms has it. */
  isRegistered: boolean;
  isDeleting: boolean;
}

/** The one row that says that the realm exists, what it is, and how it is configured. */
export class RealmRecord {
  readonly #storage: DurableObjectStorage;
  readonly #pinned: () => Manifest;
  readonly #onCreate: () => void;
  #isCreated = false;

  /** `pinned` gives the manifest of a realm that is used for the first time. */
  constructor(storage: DurableObjectStorage, pinned: () => Manifest, onCreate: () => void) {
    this.#storage = storage;
    this.#pinned = pinned;
    this.#onCreate = onCreate;
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
      isRegistered: row.is_registered === 1,
      isDeleting: row.deleting_at !== null,
      manifest: {
        realmId: realm_id,
        backend,
        origin,
        instanceId: instance_id,
        createdAt: created_at,
      },
      generation,
      config: JSON.parse(config),
      sealed: sealedIn(row),
    };
  }

  /** The realm for work to be done in it, or nothing before its first use. @throws {AppError} `REALM_DELETING` */
  inUse(): StoredRealm | undefined {
    const found = this.find();
    if (!found?.isDeleting) return found;
    const { realmId } = found.manifest;
    throw new AppError("REALM_DELETING", `Realm '${realmId}' is being deleted`);
  }

  /** The realm, created on its first use, under `backend` if that is given. @throws {AppError} like `inUse` */
  open(backend?: string): StoredRealm {
    const found = this.inUse();
    if (found) return found;
    const pinned = this.#pinned();
    return this.#create({ ...pinned, backend: backend ?? pinned.backend });
  }

  markRegistered(): void {
    this.#storage.sql.exec("UPDATE realm SET is_registered = 1");
  }

  markDeleting(): void {
    this.#storage.sql.exec("UPDATE realm SET deleting_at = ?", Date.now());
  }

  writeConfig(
    { config, sealed }: Pick<StoredRealm, "config" | "sealed">,
    generation: number,
  ): void {
    this.#storage.sql.exec(
      "UPDATE realm SET config = ?, generation = ?, secrets_key_id = ?, secrets_iv = ?, secrets = ?",
      JSON.stringify(config),
      generation,
      sealed?.keyId ?? null,
      sealed?.iv ?? null,
      sealed?.data ?? null,
    );
  }

  /** Replaces a sealing of the config's secrets unless they were written meanwhile. @returns whether it did */
  reseal(before: Sealed, after: Sealed): boolean {
    const { rowsWritten } = this.#storage.sql.exec(
      "UPDATE realm SET secrets_key_id = ?, secrets_iv = ?, secrets = ? WHERE secrets_iv = ?",
      after.keyId,
      after.iv,
      after.data,
      before.iv,
    );
    return rowsWritten > 0;
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
    this.#onCreate();
    const none = { config: {}, sealed: undefined };
    return { manifest, generation: 0, ...none, isRegistered: false, isDeleting: false };
  }
}

type RealmRow = {
  realm_id: string;
  backend: string;
  origin: Origin;
  instance_id: string | null;
  created_at: number;
  generation: number;
  config: string;
  is_registered: number;
  deleting_at: number | null;
  secrets_key_id: string | null;
  secrets_iv: ArrayBuffer | null;
  secrets: ArrayBuffer | null;
};

function sealedIn({
  secrets_key_id: keyId,
  secrets_iv: iv,
  secrets,
}: RealmRow): Sealed | undefined {
  if (keyId === null || iv === null || secrets === null) return undefined;
  return { keyId, iv: new Uint8Array(iv), data: new Uint8Array(secrets) };
}
