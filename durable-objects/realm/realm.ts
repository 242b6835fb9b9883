import { DurableObject } from "cloudflare:workers";
import { partsOf, REGISTRY_REALM } from "../../sdk/contract/index.ts";
import { AuditLog } from "./audit-log.ts";
import { ClientDocuments } from "./client-documents.ts";
import { ClientGrants } from "./client-grants.ts";
import { Config } from "./config.ts";
import { ConfigVault } from "./config-vault.ts";
import { CredentialCipher } from "./credential-cipher.ts";
import { Credentials } from "./credentials.ts";
import { Deletion } from "./deletion.ts";
import { ConfigHistory } from "./config-history.ts";
import { Directory } from "./directory.ts";
import { DirectoryStorage } from "./directory-storage.ts";
import { Handles } from "./handles.ts";
import { Health } from "./health.ts";
import { Membership } from "./membership.ts";
import { OAuthRecords } from "./oauth-records.ts";
import { Profile } from "./profile.ts";
import { type Manifest, type Origin, RealmRecord } from "./realm-record.ts";
import type { PartCall, RealmParts } from "./realm-parts.ts";
import { Registration } from "./registration.ts";
import { Registry } from "./registry.ts";
import { Repair } from "./repair.ts";
import { RequestIds } from "./request-ids.ts";
import { Retention } from "./retention.ts";
import type { ListedSession } from "./session-objects.ts";
import { Tickets } from "./tickets.ts";
import { TurnGate } from "./turn-gate.ts";
import { Tokens } from "./tokens.ts";
import { Upkeep } from "./upkeep.ts";
import { Usage } from "./usage.ts";

/**
 * One tenant, named by its realm id. Callers reach its parts through `partsOf(stub)`. Asking about a
 * realm does not create it; its first use does.
 */
export class RealmObject extends DurableObject<Env> {
  readonly #upkeep: Upkeep;
  #parts: RealmParts;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#upkeep = new Upkeep(ctx);
    this.#parts = this.#assemble();
  }

  /** Does what a caller asks of one part. */
  invoke([part, method, args]: PartCall): unknown {
    const target: object = this.#parts[part];
    // Only what the part's class declares can be named: see `PartCall`.
    const run: (...given: readonly unknown[]) => unknown = Reflect.get(target, method);
    return run.call(target, ...args);
  }

  override async alarm(): Promise<void> {
    await this.#upkeep.run();
  }

  #assemble(): RealmParts {
    const { storage } = this.ctx;
    const onChange = () => this.#upkeep.arm();
    const record = new RealmRecord(storage, () => this.#pinned(), onChange);
    const directory = new DirectoryStorage(storage);
    const usage = new Usage(record, storage.sql);
    const members = new Membership(storage.sql);
    const sessions = (id: string) => this.#session(record.manifest.realmId, id);
    const registry = () => partsOf<RealmParts>(this.env.REALMS.getByName(REGISTRY_REALM)).registry;
    const reach = { directory, members, sessions, registry, onChange };
    const eraseRealm = () => this.#eraseRealm();
    const deletion = new Deletion(record, storage, { ...reach, eraseRealm });
    const registration = new Registration(record, registry);
    // The deletion comes last: there may be nothing for another to look at after it.
    this.#upkeep.take(registration, new Retention(record, reach), deletion);
    const tokens = new Tokens(record, storage.sql);
    const turns = new TurnGate(record, storage.sql);
    const oauthRecords = new OAuthRecords(record, storage);
    const cipher = new CredentialCipher(this.env.RKAT_CREDENTIALS_KEY, this.ctx.id.name ?? "");
    const vault = new ConfigVault(record, cipher);
    const credentials = new Credentials(record, storage.sql, { cipher, vault, env: this.env });
    return {
      profile: new Profile(record, { members, deletion, registration }),
      config: new Config(record, {
        env: this.env,
        vault,
        history: new ConfigHistory(storage.sql),
        onChange,
      }),
      credentials,
      directory: new Directory(record, directory, {
        usage,
        turns,
        onChange,
        turnContext: () => credentials.inUse(),
      }),
      repair: new Repair(record, reach),
      deletion,
      tickets: new Tickets(record, storage.sql),
      turns,
      tokens,
      clientGrants: new ClientGrants(record, storage, { tokens, records: oauthRecords }),
      oauthRecords,
      clientDocuments: new ClientDocuments(this.env),
      audit: new AuditLog(record, storage),
      requestIds: new RequestIds(record, storage.sql),
      handles: new Handles(record, storage.sql),
      registry: new Registry(storage),
      usage,
      health: new Health(record, storage, { directory, credentials, usage }),
    };
  }

  /** In one synchronous step: whatever comes next finds a realm that nobody used yet. */
  async #eraseRealm(): Promise<void> {
    const { storage } = this.ctx;
    const erased = [storage.deleteAlarm(), storage.deleteAll()];
    this.#parts = this.#assemble();
    await Promise.all(erased);
  }

  #session(realmId: string, sessionId: string): ListedSession {
    return this.env.SESSIONS.getByName(`${realmId}/${sessionId}`);
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

function originOf(realmId: string): Origin {
  if (/^ws-[0-9a-f]{16}$/.test(realmId)) return "workspace";
  return /^realm-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(realmId)
    ? "generated"
    : "explicit";
}
