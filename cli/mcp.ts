import { setTimeout as delay } from "node:timers/promises";
import { exitCodes } from "./exit-codes.ts";
import { type GlobalFlags, requestedRealm } from "./global-flags.ts";
import { McpBridge } from "./mcp-bridge/bridge.ts";
import { Endpoint } from "./mcp-bridge/endpoint.ts";
import { chosenProfile } from "./profiles.ts";
import { checkedRealm } from "./realm-name.ts";
import { ClientPipe } from "./rpc-bridge/client-pipe.ts";
import { untilSignal } from "./rpc.ts";

/** Clients ask to go, and kill after a few seconds. */
const LEAVING_MS = 1_500;

/** Serves one MCP client on standard input and output, for clients that know no remote servers. */
export async function mcp({ isolated, ...flags }: GlobalFlags): Promise<number> {
  const asked = await requestedRealm(isolated ? { ...flags, isolated } : flags);
  const named = asked ?? chosenProfile(flags)?.realm;
  // Like `rkat rpc`: a nameless bridge has a realm of its own (contract 1.2).
  const realm = checkedRealm(named ?? (await requestedRealm({ isolated: true })));
  const signalled = untilSignal();
  const endpoint = new Endpoint({ ...flags, realm });
  await Promise.race([new McpBridge(new ClientPipe(), endpoint).run(), signalled]);
  await Promise.race([endpoint.release(), signalled.then(() => delay(LEAVING_MS))]);
  return exitCodes.ok;
}
