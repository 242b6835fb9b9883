import type { MeerkatClient } from "meerkat-edge";
import { tell, tellFailure } from "../../../app/notices.ts";
import { goTo } from "../../../app/router.ts";

/** Makes a new session of the first `at` messages, or of all, and goes there. */
export async function forkAt(client: MeerkatClient, id: string, at?: number): Promise<void> {
  try {
    const fork = await client.session(id).fork({ at });
    goTo(`sessions/${fork.id}`);
    tell("Forked: this is the new session");
  } catch (error) {
    tellFailure(error);
  }
}
