import type { Server } from "@modelcontextprotocol/server";
import type { Caller } from "../../call.ts";
import { listSessions } from "./resources.ts";

const MOST = 100;

/** Completes session ids and the realm, in the resources' templates and in the prompt. */
export function serveCompletion(server: Server, caller: Caller): void {
  server.setRequestHandler("completion/complete", async ({ params: { argument } }) => {
    const candidates = await candidatesFor(argument.name, caller);
    const values = candidates.filter((value) => value.startsWith(argument.value));
    return { completion: { values, hasMore: candidates.length === MOST } };
  });
}

async function candidatesFor(argument: string, caller: Caller): Promise<readonly string[]> {
  if (argument === "realm") return [caller.realm];
  if (argument !== "id" && argument !== "session_id") return [];
  const sessions = await listSessions(caller, 0, MOST);
  return sessions.map(({ session_id }) => session_id);
}
