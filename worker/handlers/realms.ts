import { v7 as uuidv7 } from "uuid";
import { AppError, REGISTRY_REALM, type RealmInfo } from "../../sdk/contract/index.ts";
import type { Caller, Handlers } from "../call.ts";
import { inRealm, reachesAllRealms } from "../realm-access.ts";
import { realmOf } from "../session-address.ts";

export const realmHandlers = {
  "realms/list": async ({ limit, cursor = "" }, caller) => {
    if (!reachesAllRealms(caller)) {
      const own = await realmOf(caller).profile.read();
      return { realms: own ? [own] : [] };
    }
    const names = await registryOf(caller).list(cursor, limit);
    const realms = await Promise.all(
      names.map((realm) => realmOf({ ...caller, realm }).profile.read()),
    );
    const last = names.length < limit ? undefined : names.at(-1);
    return {
      // One that is being deleted may be gone by now.
      realms: realms.filter((realm): realm is RealmInfo => realm !== undefined),
      ...(last === undefined ? {} : { next_cursor: last }),
    };
  },

  "realms/get": async ({ realm_id }, caller) => {
    const asked = inRealm(caller, realm_id);
    return (await realmOf(asked).profile.read()) ?? (await notFound(asked));
  },

  "realms/create": async ({ realm_id = `realm-${uuidv7()}`, backend }, caller) =>
    realmOf(inRealm(caller, realm_id)).profile.create(backend),

  "realms/delete": async ({ realm_id, force }, caller) => {
    const asked = inRealm(caller, realm_id);
    const deletion =
      (await realmOf(asked).deletion.begin(force)) ??
      (await registryOf(asked).deletionOf(realm_id));
    return deletion ? { realm_id, deletion } : await notFound(asked);
  },

  "realms/repair": async ({ session_ids, cursor = "" }, caller) =>
    realmOf(caller).repair.run(session_ids, cursor),
} satisfies Partial<Handlers>;

function registryOf({ env }: Caller) {
  return realmOf({ env, realm: REGISTRY_REALM }).registry;
}

/** @throws {AppError} `REALM_NOT_FOUND`, with the proof if a realm of this name was deleted */
async function notFound(caller: Caller): Promise<never> {
  const deletion = await registryOf(caller).deletionOf(caller.realm);
  const message = deletion
    ? `Realm '${caller.realm}' was deleted`
    : `Realm '${caller.realm}' does not exist`;
  throw new AppError("REALM_NOT_FOUND", message, deletion && { deletion });
}
