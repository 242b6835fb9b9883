import { DurableObject } from "cloudflare:workers";
import { Config } from "./config.ts";
import { ConfigHistory } from "./config-history.ts";
import { Directory } from "./directory.ts";
import { Handles } from "./handles.ts";
import { type Manifest, RealmRecord } from "./realm-record.ts";
import type { PartCall, RealmParts } from "./realm-parts.ts";
import { RequestIds } from "./request-ids.ts";
import { Tickets } from "./tickets.ts";

/**
 * One tenant, named by its realm id. Callers reach its parts through `partsOf(stub)`. Asking about a
 * realm does not create it; its first use does.
 */
export class RealmObject extends DurableObject<Env> {
  readonly #parts: RealmParts;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { storage } = ctx;
    const record = new RealmRecord(storage, () => this.#pinned());
    this.#parts = {
      config: new Config(record, new ConfigHistory(storage.sql)),
      directory: new Directory(record, storage),
      tickets: new Tickets(record, storage.sql),
      requestIds: new RequestIds(record, storage.sql),
      handles: new Handles(record, storage.sql),
    };
  }

  /** Does what a caller asks of one part. */
  invoke([part, method, args]: PartCall): unknown {
    const target: object = this.#parts[part];
    // Only what the part's class declares can be named: see `PartCall`.
    const run: (...given: readonly unknown[]) => unknown = Reflect.get(target, method);
    return run.call(target, ...args);
  }

  /** What this realm becomes when it is first used. */
  #pinned(): Manifest {
    const { RKAT_REALM_BACKEND = "sqlite", RKAT_INSTANCE = null } = this.env;
    const realmId = this.ctx.id.name ?? "";
    return {
      realmId,
      backend: RKAT_REALM_BACKEND,
      origin: originOf(realmId),
      instanceId: RKAT_INSTANCE,
      createdAt: Math.floor(Date.now() / 1_000),
    };
  }
}

function originOf(realmId: string): string {
  if (/^ws-[0-9a-f]{16}$/.test(realmId)) return "workspace";
  return realmId.startsWith("realm-") ? "generated" : "explicit";
}
