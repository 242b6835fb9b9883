import type { ClientTool } from "../../sdk/contract/index.ts";
import type { Caller } from "../call.ts";

const CONNECTED_TIMEOUT_MS = 120_000;

/** The tools that a turn brings: the connection's, and those of the request, which win (contract 3.7). */
export function turnTools(
  { clientTools }: Caller,
  requested?: readonly ClientTool[] | null,
): { turn_tools?: ClientTool[]; callback_timeout_ms?: number } {
  const tools = new Map<string, ClientTool>();
  for (const tool of [...(clientTools ?? []), ...(requested ?? [])]) tools.set(tool.name, tool);
  return {
    ...(tools.size > 0 ? { turn_tools: [...tools.values()] } : {}),
    // A client on a socket answers at once or is gone; others come back with the results.
    ...(clientTools ? { callback_timeout_ms: CONNECTED_TIMEOUT_MS } : {}),
  };
}
