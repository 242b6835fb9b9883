import { resolveSession } from "./session-reference.ts";
import type { Connection } from "./with-client.ts";

/** Resolves what the user typed against the sessions of the realm. */
export async function findSession(
  reference: string,
  { client, realm }: Connection,
): Promise<string> {
  const page = async (offset: number, limit: number) => {
    const { sessions } = await client.call("session/list", { offset, limit });
    return sessions;
  };
  return await resolveSession(reference, { page }, realm);
}
