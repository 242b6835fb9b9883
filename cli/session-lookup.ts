import { resolveSession } from "./session-reference.ts";
import type { Connection } from "./with-client.ts";

/** Resolves what the user typed against the sessions of the realm. */
export async function findSession(
  reference: string,
  { client, realm }: Connection,
): Promise<string> {
  // A reference that names a realm is held against the one that is worked in, also where that was left open.
  const isNamed = reference.includes(":");
  const active = realm ?? (isNamed ? (await client.call("config/get", {})).realm_id : undefined);
  const page = async (offset: number, limit: number) => {
    const { sessions } = await client.call("session/list", { offset, limit });
    return sessions;
  };
  return await resolveSession(reference, { page }, active);
}
