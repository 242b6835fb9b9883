import type { OperationName } from "../sdk/contract/index.ts";
import type { Caller } from "./call.ts";
import { inRealm } from "./realm-access.ts";
import { realmOf } from "./session-address.ts";

/** Which operations are deeds: they change who may do what, the realm, or what a session remembers. No turn is one. */
const deeds: ReadonlySet<OperationName> = new Set<OperationName>([
  "tokens/create",
  "tokens/revoke",
  "session/share",
  "session/archive",
  "session/fork_at",
  "session/rewind",
  "config/set",
  "config/patch",
  "config/restore",
  "credentials/set",
  "credentials/delete",
  "credentials/rotate",
  "realms/create",
  "realms/delete",
  "realms/repair",
]);

/** Ids, never contents: the log is read by more people than a session. */
const ids = ["token_id", "session_id", "from_session_id", "realm_id", "provider"] as const;

/** What an answer says where there was nothing to do: then nothing was done. */
const outcomes = ["revoked", "deleted", "created"] as const;

/**
 * Runs an operation and, if it is a deed and something was done, enters it in the audit log of the realm that it
 * was done in. A realm's deletion is entered before: there may be no log to write to after it.
 */
export async function audited(
  name: OperationName,
  input: Record<string, unknown>,
  caller: Caller,
  run: () => Promise<unknown>,
): Promise<unknown> {
  if (!deeds.has(name)) return run();
  if (name === "realms/delete") {
    await enter(name, input, caller);
    return run();
  }
  // Every deed answers with an object.
  const output = (await run()) as Record<string, unknown>;
  if (outcomes.every((outcome) => output[outcome] !== false)) {
    await enter(name, { ...input, ...output }, caller);
  }
  return output;
}

/** Enters what was done beside the table's operations: signing in a client. */
export async function entered(
  { env, realm, actor, ip }: Pick<Caller, "env" | "realm" | "actor" | "ip">,
  operation: string,
  target: Record<string, string>,
): Promise<void> {
  await realmOf({ env, realm }).audit.append({ actor, operation, target, ip });
}

async function enter(
  operation: OperationName,
  facts: Record<string, unknown>,
  caller: Caller,
): Promise<void> {
  const named = ids.flatMap((id) => (typeof facts[id] === "string" ? [[id, facts[id]]] : []));
  const isRealms = operation.startsWith("realms/") && typeof facts.realm_id === "string";
  const { actor, ip, env } = caller;
  // Refuses, before anything is written, a realm that is not the caller's.
  const { realm } = inRealm(caller, isRealms ? String(facts.realm_id) : undefined);
  const target: Record<string, string> = Object.fromEntries(named);
  await realmOf({ env, realm }).audit.append({ actor, operation, target, ip });
}
