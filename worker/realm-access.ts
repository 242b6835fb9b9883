import type { Caller } from "./call.ts";
import { boundTo } from "./grant.ts";

/** The one place that decides who may look beyond their own realm: the deployment's administrators. */
export function reachesAllRealms({ reach }: Caller): boolean {
  return reach === "deployment";
}

/** The caller, in the realm it names. @throws {AppError} `SCOPE_DENIED` for a realm that is not its own */
export function inRealm(caller: Caller, realmId: string | undefined): Caller {
  if (realmId === undefined || realmId === caller.realm) return caller;
  if (reachesAllRealms(caller)) return { ...caller, realm: realmId };
  throw boundTo(caller.realm);
}
