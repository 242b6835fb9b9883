import * as z from "zod";
import { RealmId } from "./ids.ts";
import { defineOperation } from "./operation.ts";

/** Labels that a realm can be created with; storage is the same under each (contract 1.2). */
const RealmBackend = z.enum(["sqlite", "redb", "jsonl", "memory"]);

/** How far a realm's deletion has come; kept for 30 days after its end. Times are unix seconds. */
export const RealmDeletion = z.object({
  /** Every session is erased, then each one's storage is read again to see that nothing is left. */
  phase: z.enum(["erasing", "verifying", "done"]),
  /** Sessions that the realm knew when the deletion began. */
  sessions_total: z.int(),
  sessions_erased: z.int(),
  /** Of how many the storage was read afterwards and found empty. */
  sessions_verified: z.int(),
  started_at: z.int(),
  completed_at: z.int().optional(),
});
export type RealmDeletion = z.infer<typeof RealmDeletion>;

/** A realm's manifest (contract 1.2) and what goes on in it. */
export const RealmInfo = z.object({
  realm_id: z.string(),
  /** Fixed by the realm's first use. */
  backend: z.string(),
  origin: z.enum(["generated", "workspace", "explicit", "legacy_unknown"]),
  /** Unix seconds, as text. */
  created_at: z.string(),
  /** The process that used the realm first, if it had a name. */
  instance_id: z.string().nullable(),
  state: z.enum(["active", "deleting"]),
  /** Sessions that run a turn. */
  active_sessions: z.int(),
  /** Unix seconds of the last turn's start or end; the creation's before the first. */
  last_used_at: z.int(),
  deletion: RealmDeletion.optional(),
});
export type RealmInfo = z.infer<typeof RealmInfo>;

const realm = { realm_id: RealmId };

const flag = z.union([z.boolean(), z.stringbool({ truthy: ["true"], falsy: ["false"] })]);

/** Operations on realms as wholes. Those that look beyond the caller's own are the deployment's administrators'. */
export const realmOperations = {
  "realms/list": defineOperation({
    summary: "List the deployment's realms by name; a caller bound to a realm sees that one",
    http: ["GET", "/realms"],
    scope: "read",
    input: z.object({
      limit: z.coerce.number().int().positive().max(100).default(50),
      /** `next_cursor` of the page before. */
      cursor: z.string().max(64).optional(),
    }),
    output: z.object({ realms: z.array(RealmInfo), next_cursor: z.string().optional() }),
  }),
  "realms/get": defineOperation({
    summary: "Read a realm's manifest; the caller's own realm when none is named",
    http: ["GET", "/realms/:realm_id"],
    scope: "read",
    input: z.object({ realm_id: RealmId.optional() }),
    output: RealmInfo,
  }),
  "realms/create": defineOperation({
    summary: "Create a realm, under a generated name when none is given; an existing one stays",
    http: ["POST", "/realms"],
    successStatus: 201,
    scope: "admin",
    input: z.object({
      realm_id: RealmId.optional(),
      /** Without effect on a realm that exists. */
      backend: RealmBackend.optional(),
    }),
    output: RealmInfo.extend({ created: z.boolean() }),
  }),
  "realms/delete": defineOperation({
    summary:
      "Delete a realm: end its turns, erase every session, prove it; goes on by itself, `realms/get` tells how far",
    http: ["DELETE", "/realms/:realm_id"],
    successStatus: 202,
    scope: "admin",
    input: z.object({
      ...realm,
      /** Also while turns run. */
      force: flag.default(false),
    }),
    output: z.object({ realm_id: z.string(), deletion: RealmDeletion }),
  }),
  "realms/repair": defineOperation({
    summary:
      "Rebuild a page of the realm's directory from what its sessions say; repeat with `cursor` to the end",
    http: ["POST", "/repair"],
    scope: "admin",
    input: z.object({
      /** Sessions that the realm may not know; only these are asked then. */
      session_ids: z.array(z.guid()).min(1).max(100).optional(),
      cursor: z.string().max(64).optional(),
    }),
    output: z.object({
      checked: z.int(),
      /** Rows that were added or told otherwise. */
      repaired: z.int(),
      /** Rows of sessions that do not exist. */
      removed: z.int(),
      /** Sessions that did not answer; their rows are left as they are. */
      unreachable: z.int(),
      /** Which of `session_ids` do not exist. */
      missing: z.array(z.string()),
      /** Absent at the end. */
      cursor: z.string().optional(),
    }),
  }),
};
