import { DurableObject } from "cloudflare:workers";
import {
  AppError,
  ConfigDocument,
  type ConfigEnvelope,
  type Scope,
  type SessionSummary,
  withRealNames,
} from "../../sdk/contract/index.ts";
import type { DirectoryRow, DirectoryTarget } from "../session/directory.ts";
import { type Handle, Handles } from "./handles.ts";
import { mergePatch } from "./merge-patch.ts";
import { type NamedRequest, RequestIds } from "./request-ids.ts";
import { type Manifest, RealmStorage, type SessionRow } from "./storage.ts";
import { redacted, withSecrets } from "./secrets.ts";
import { type TicketGrant, Tickets } from "./tickets.ts";

/** One tenant, named by its realm id: its manifest, its config, and the directory of its sessions. */
export class RealmObject extends DurableObject<Env> implements DirectoryTarget {
  readonly #storage: RealmStorage;
  readonly #tickets: Tickets;
  readonly #requestIds: RequestIds;
  readonly #handles: Handles;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#storage = new RealmStorage(ctx.storage);
    this.#tickets = new Tickets(ctx.storage.sql);
    this.#requestIds = new RequestIds(ctx.storage.sql);
    this.#handles = new Handles(ctx.storage.sql);
  }

  /** What a turn needs of its realm; asking does not create it. */
  context(): { config: ConfigDocument; generation: number } {
    const { config = {}, generation = 0 } = this.#storage.find() ?? {};
    return { config, generation };
  }

  /** The realm, created on its first use, with its backend label pinned. */
  open(realmId: string): { config: ConfigDocument; generation: number } {
    const found = this.#storage.find();
    if (found) return { config: found.config, generation: found.generation };
    this.#storage.create(this.#manifest(realmId));
    return { config: {}, generation: 0 };
  }

  /** The realm's config; a realm that nobody used yet has the defaults, and is not created by asking. */
  config(realmId: string): ConfigEnvelope {
    const found = this.#storage.find();
    const { backend, instanceId } = found?.manifest ?? this.#manifest(realmId);
    return {
      // An object stays an object.
      config: redacted(found?.config ?? {}) as ConfigEnvelope["config"],
      generation: found?.generation ?? 0,
      realm_id: realmId,
      instance_id: instanceId,
      backend,
    };
  }

  /** Replaces the config. @throws {AppError} `INVALID_PARAMS` for a bad value or another generation */
  setConfig(realmId: string, config: object, expected: number | undefined): ConfigEnvelope {
    return this.#writeConfig(realmId, expected, () => config);
  }

  /** Merges a patch into the config (RFC 7396). @throws {AppError} like `setConfig` */
  patchConfig(realmId: string, patch: object, expected: number | undefined): ConfigEnvelope {
    return this.#writeConfig(realmId, expected, (current) =>
      mergePatch(current, withRealNames({ ...patch })),
    );
  }

  /** Makes a ticket with which a browser may open one socket or stream. */
  issueTicket(
    realmId: string,
    grant: TicketGrant,
  ): Promise<{ ticket: string; expires_at: number }> {
    this.open(realmId);
    return this.#tickets.issue(grant);
  }

  redeemTicket(ticket: string, origin: string | null): Promise<readonly Scope[]> {
    return this.#tickets.redeem(ticket, origin);
  }

  /** Keeps what a client will ask for by this id, which the caller has made up. */
  openHandle(realmId: string, id: string, handle: Handle): void {
    this.open(realmId);
    this.#handles.open(id, handle);
  }

  handle(id: string): Handle | undefined {
    return this.#handles.find(id);
  }

  moveHandle(id: string, cursor: number): void {
    this.#handles.move(id, cursor);
  }

  closeHandle(id: string): boolean {
    return this.#handles.close(id);
  }

  /** Takes note of a request that its client has named. @throws {AppError} `DUPLICATE_REQUEST_ID` */
  beginRequest(realmId: string, requestId: string): void {
    this.open(realmId);
    this.#requestIds.begin(requestId);
  }

  bindRequest(requestId: string, sessionId: string, runId: string): void {
    this.#requestIds.bind(requestId, sessionId, runId);
  }

  endRequest(requestId: string): void {
    this.#requestIds.end(requestId);
  }

  request(requestId: string): NamedRequest | undefined {
    return this.#requestIds.find(requestId);
  }

  /** Takes a session's report; the first one makes the realm. */
  async record(row: DirectoryRow): Promise<void> {
    this.open(row.realm_id);
    this.#storage.record(row);
  }

  list(
    realmId: string,
    { limit, offset, labels }: { limit: number; offset: number; labels: Record<string, string> },
  ): SessionSummary[] {
    return this.#storage.list(limit, offset, labels).map((row) => summary(realmId, row));
  }

  #writeConfig(
    realmId: string,
    expected: number | undefined,
    change: (current: ConfigDocument) => unknown,
  ): ConfigEnvelope {
    const { config, generation } = this.open(realmId);
    if (expected !== undefined && expected !== generation) {
      const message = `Generation conflict: expected ${expected}, current ${generation}`;
      throw new AppError("INVALID_PARAMS", message, {
        type: "generation_conflict",
        expected_generation: expected,
        current_generation: generation,
      });
    }
    const changed = withSecrets(change(config), config);
    this.#storage.writeConfig(checkedConfig(changed), generation + 1);
    return this.config(realmId);
  }

  #manifest(realmId: string): Manifest {
    const { RKAT_REALM_BACKEND = "sqlite", RKAT_INSTANCE = null } = this.env;
    return {
      realmId,
      backend: RKAT_REALM_BACKEND,
      origin: originOf(realmId),
      instanceId: RKAT_INSTANCE,
      createdAt: Math.floor(Date.now() / 1_000),
    };
  }
}

function checkedConfig(document: unknown): ConfigDocument {
  const named =
    typeof document === "object" && document !== null ? withRealNames({ ...document }) : {};
  const checked = ConfigDocument.safeParse(named);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const key = issue?.path.join(".") ?? "";
  throw new AppError("INVALID_PARAMS", `Invalid config: ${key}: ${issue?.message}`, { key });
}

function originOf(realmId: string): string {
  if (/^ws-[0-9a-f]{16}$/.test(realmId)) return "workspace";
  return realmId.startsWith("realm-") ? "generated" : "explicit";
}

function summary(realmId: string, { labels, is_active, ...row }: SessionRow): SessionSummary {
  const pairs: Record<string, string> = JSON.parse(labels);
  const { session_id, created_at, updated_at, message_count, total_tokens, model, provider } = row;
  return {
    session_id,
    session_ref: `${realmId}:${session_id}`,
    created_at,
    updated_at: Math.floor(updated_at / 1_000),
    message_count,
    total_tokens,
    is_active: is_active === 1,
    state: is_active === 1 ? "running" : "idle",
    model,
    provider,
    ...(Object.keys(pairs).length > 0 ? { labels: pairs } : {}),
  };
}
