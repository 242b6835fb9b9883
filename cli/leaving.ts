import type { MeerkatClient } from "../sdk/index.ts";
import { exitCodes } from "./exit-codes.ts";
import type { Screen } from "./screen.ts";
import type { Connection } from "./with-client.ts";

/** What is told when a deployment is out of reach for more than a moment. */
export const LOST = "The connection is lost; trying to get it back. The turn does not need it.";

/** How long a second Ctrl-C is waited for before the first one cancels the turn. */
const DOUBLE_PRESS_MS = 600;

/** What signals are about. */
export interface Followed {
  /** Nothing while a session is being created. */
  session: () => string | undefined;
  /** Ends the command at a first Ctrl-C when there is no turn to cancel, and says whether it did. */
  leaveIdle?: () => boolean;
}

/**
 * Ctrl-C once cancels the turn and waits for its end; twice at once leaves the turn running. Other
 * signals cancel without delay. @returns what stops listening
 */
export function cancelOnSignal(
  { client, place }: Connection,
  screen: Screen,
  { session, leaveIdle = () => false }: Followed,
): () => void {
  let asked = false;
  let pending: NodeJS.Timeout | undefined;
  const cancel = () => {
    pending = undefined;
    asked = true;
    cancelTurn(client, screen, session());
  };
  const interrupted = () => {
    if (leaveIdle()) return;
    if (asked || pending || session() === undefined) leave(screen, session(), place === "hosted");
    screen.note("Cancelling the turn; Ctrl-C again at once leaves it running.");
    pending = setTimeout(cancel, DOUBLE_PRESS_MS);
  };
  const terminated = () => {
    if (leaveIdle()) return;
    if (asked || session() === undefined) process.exit(exitCodes.error);
    cancel();
  };
  process.on("SIGINT", interrupted);
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, terminated);
  return () => {
    clearTimeout(pending);
    process.removeListener("SIGINT", interrupted);
    for (const signal of ["SIGTERM", "SIGHUP"] as const) process.removeListener(signal, terminated);
  };
}

function cancelTurn(client: MeerkatClient, screen: Screen, session_id: string | undefined): void {
  if (session_id === undefined) process.exit(exitCodes.error);
  client.call("turn/interrupt", { session_id }).catch((error: unknown) => {
    screen.note(`Error: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(exitCodes.error);
  });
}

/** Ends the process, not the turn, and says how to come back to it. */
function leave(screen: Screen, sessionId: string | undefined, isHosted: boolean): never {
  const back = sessionId === undefined ? "rkat sessions list" : `rkat watch ${sessionId}`;
  screen.endLine();
  // A server of this command's own ends with it; the turn is taken up where the next one finds it.
  const state = isHosted ? "The turn goes on when a server runs again" : "The turn goes on";
  screen.note(`${state}: ${back}`);
  process.exit(exitCodes.error);
}
