import { setTimeout as delay } from "node:timers/promises";
import { exitCodes } from "./exit-codes.ts";
import { type GlobalFlags, requestedRealm } from "./global-flags.ts";
import { chosenProfile } from "./profiles.ts";
import { checkedRealm } from "./realm-name.ts";
import { Bridge } from "./rpc-bridge/bridge.ts";
import { ClientPipe } from "./rpc-bridge/client-pipe.ts";
import { contractVersion } from "./rpc-bridge/contract-version.ts";
import { DeploymentGateway } from "./rpc-bridge/deployment-gateway.ts";

/** Who sends a signal kills after five seconds (sdk-compat 2). */
const LEAVING_MS = 2_000;

/** Serves one client on standard input and output until it closes its end, or a signal says so. */
export async function rpc({ isolated, ...flags }: GlobalFlags): Promise<number> {
  const version = contractVersion();
  const asked = await requestedRealm(isolated ? { ...flags, isolated } : flags);
  const named = asked ?? chosenProfile(flags)?.realm;
  // Unlike commands, whose realm is the folder's, each nameless bridge has one of its own (contract 1.2).
  const realm = checkedRealm(named ?? (await requestedRealm({ isolated: true })));
  const signalled = untilSignal();
  const gateway = new DeploymentGateway({ ...flags, realm });
  const bridge = new Bridge({ gateway, pipe: new ClientPipe(), version });
  await Promise.race([bridge.run(), signalled]);
  // A server of our own may still have guests: they may finish, unless somebody waits for us to go.
  await Promise.race([gateway.release(), signalled.then(() => delay(LEAVING_MS))]);
  return exitCodes.ok;
}

/** Resolves when the process is asked to go. */
export function untilSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => resolve());
  // The launcher of an old Node is gone: nobody is left to pass signals on.
  process.on("disconnect", () => resolve());
  return promise;
}
