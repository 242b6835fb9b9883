import { setTimeout as delay } from "node:timers/promises";
import type { RealmDeletion, RealmInfo } from "../sdk/contract/index.ts";
import { MeerkatClient, MeerkatError } from "../sdk/index.ts";
import { exitCodes } from "./exit-codes.ts";
import type { GlobalFlags } from "./global-flags.ts";
import { print } from "./print.ts";
import { checkedRealm } from "./realm-name.ts";
import { realmTable } from "./realm-table.ts";
import { withClient } from "./with-client.ts";

const POLL_MS = 200;

type Backend = "sqlite" | "redb" | "jsonl" | "memory";

/** The flags of `rkat realms create`. */
export interface CreateFlags extends GlobalFlags {
  backend?: Backend;
  realmBackend?: Backend;
}

/** The flags of `rkat realms delete`. */
export interface DeleteFlags extends GlobalFlags {
  force?: boolean;
}

/** The flags of `rkat realms prune`. */
export interface PruneFlags extends DeleteFlags {
  isolatedOnly?: boolean;
  olderThanHours: number;
}

/** Prints the realm that commands with these flags work in. */
export async function currentRealm(flags: GlobalFlags): Promise<number> {
  return await withClient(flags, async ({ client, realm }) => {
    print(realm ?? (await client.call("config/get", {})).realm_id);
    return exitCodes.ok;
  });
}

/** Prints all realms of the deployment. */
export async function listRealms(flags: GlobalFlags): Promise<number> {
  return await withClient(flags, async ({ client }) => {
    const realms = await allRealms(client);
    print(realms.length === 0 ? "No realms found." : realmTable(realms));
    return exitCodes.ok;
  });
}

/** Prints one realm, a line for each fact. */
export async function showRealm(realm: string, flags: GlobalFlags): Promise<number> {
  return await withClient(flags, async ({ client }) => {
    const { active_sessions, deletion, ...facts } = await client.call("realms/get", {
      realm_id: checkedRealm(realm),
    });
    for (const [name, value] of Object.entries(facts)) print(`${name}: ${value ?? "-"}`);
    print(`active_leases: ${active_sessions}`);
    if (deletion) print(`deletion: ${progress(deletion)}`);
    return exitCodes.ok;
  });
}

/** Creates a realm; says so when it is there already. */
export async function createRealm(realm: string, flags: CreateFlags): Promise<number> {
  const { backend = flags.realmBackend, ...rest } = flags;
  return await withClient(rest, async ({ client }) => {
    const params = { realm_id: checkedRealm(realm), ...(backend ? { backend } : {}) };
    const made = await client.call("realms/create", params);
    const facts = `backend=${made.backend} origin=${made.origin}`;
    print(`${made.created ? "Created realm" : "Realm exists already:"} '${realm}' ${facts}`);
    return exitCodes.ok;
  });
}

/** Deletes a realm and waits until its sessions are erased and that is proven. */
export async function deleteRealm(realm: string, flags: DeleteFlags): Promise<number> {
  const { force = false, ...rest } = flags;
  return await withClient(rest, async ({ client }) => {
    print(await erased(client, checkedRealm(realm), force));
    return exitCodes.ok;
  });
}

/** Deletes realms that nobody used for long. */
export async function pruneRealms(flags: PruneFlags): Promise<number> {
  const { isolatedOnly = false, olderThanHours, force = false, ...rest } = flags;
  return await withClient(rest, async ({ client }) => {
    const before = Date.now() / 1_000 - olderThanHours * 3_600;
    const stale = (await allRealms(client)).filter(
      ({ origin, last_used_at, active_sessions }) =>
        last_used_at < before &&
        (!isolatedOnly || origin === "generated") &&
        (force || active_sessions === 0),
    );
    for (const { realm_id } of stale) print(await erased(client, realm_id, force));
    print(`Pruned ${stale.length} realms`);
    return exitCodes.ok;
  });
}

async function allRealms(client: MeerkatClient): Promise<RealmInfo[]> {
  const realms: RealmInfo[] = [];
  for (let cursor: string | undefined = ""; cursor !== undefined;) {
    const page: { realms: RealmInfo[]; next_cursor?: string | undefined } = await client.call(
      "realms/list",
      { cursor },
    );
    realms.push(...page.realms);
    cursor = page.next_cursor;
  }
  return realms;
}

/** Deletes one realm. Ctrl-C ends the waiting, not the deletion. @returns what to say of it */
async function erased(client: MeerkatClient, realm_id: string, force: boolean): Promise<string> {
  let { deletion } = await client.call("realms/delete", { realm_id, force });
  while (deletion.phase !== "done") {
    await delay(POLL_MS);
    deletion = await deletionOf(client, realm_id, deletion);
  }
  return `Deleted realm '${realm_id}' (${progress(deletion)})`;
}

async function deletionOf(
  client: MeerkatClient,
  realm_id: string,
  known: RealmDeletion,
): Promise<RealmDeletion> {
  try {
    const { deletion = known } = await client.call("realms/get", { realm_id });
    return deletion;
  } catch (error) {
    const isGone = error instanceof MeerkatError && error.code === "REALM_NOT_FOUND";
    if (!isGone) throw error;
    // The operation's refusal carries the proof; without it, the realm is gone all the same.
    const details = error.details as { deletion?: RealmDeletion } | undefined;
    return details?.deletion ?? { ...known, phase: "done" };
  }
}

function progress({ phase, ...counts }: RealmDeletion): string {
  return `phase=${phase} sessions=${counts.sessions_total} erased=${counts.sessions_erased} verified=${counts.sessions_verified}`;
}
