import { check, until } from "./conditions.node.ts";
import { listOf } from "./json.node.ts";
import { Rest } from "./rest.node.ts";
import type { Stage } from "./stage.node.ts";

const SESSIONS = 48;
const OUTBOX_MS = 12_000;

/**
 * Sessions at rest are archived while the server is killed: those that are gone must leave the list as
 * well, although no turn's alarm will ever wake them.
 */
export async function idleArchives({ server }: Stage): Promise<void> {
  const rest = new Rest(server, `idle-${server.kills}`);
  const ids: string[] = [];
  for (let count = 0; count < SESSIONS; count += 1) {
    const request = { initial_turn: "deferred", prompt: "", model: "claude-idle" };
    const { body } = await rest.ask("POST", "/sessions", request);
    ids.push(String(body.session_id));
  }
  // One after the other gets its own connection, so that the kill finds them at every stage.
  const archives = ids.map((id) => rest.once("DELETE", `/sessions/${id}`));
  for (const archive of archives) archive.catch(() => {});
  await Promise.race(archives);
  await server.crash();
  const reads = await Promise.all(ids.map((id) => rest.ask("GET", `/sessions/${id}`)));
  const gone = new Set<string>();
  for (const [index, { status }] of reads.entries()) {
    check([200, 404].includes(status), `reading a session answered ${status}`);
    if (status === 404) gone.add(ids[index] ?? "");
  }
  await until(OUTBOX_MS, "archived sessions leave the list", async () => {
    const { body } = await rest.ask("GET", "/sessions?limit=1000");
    return listOf(body.sessions).every(({ session_id }) => !gone.has(String(session_id)));
  });
}
