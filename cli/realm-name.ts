import { RealmId } from "../sdk/contract/ids.ts";
import { UsageError } from "./usage-error.ts";

/** A realm's name that a deployment will accept. @throws {UsageError} for any other. */
export function checkedRealm(realm = ""): string {
  const { success, error } = RealmId.safeParse(realm);
  if (success) return realm;
  throw new UsageError(
    `invalid realm '${realm}': ${error.issues[0]?.message ?? "not a realm name"}`,
  );
}
