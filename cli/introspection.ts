import { exitCodes } from "./exit-codes.ts";
import type { GlobalFlags } from "./global-flags.ts";
import { withClient } from "./with-client.ts";

/** Prints the models that the deployment knows by name. */
export async function printModels(flags: GlobalFlags): Promise<number> {
  return await withClient(flags, async ({ client }) =>
    printJson(await client.call("models/catalog", {})),
  );
}

/** Prints what the deployment can do. */
export async function printCapabilities(flags: GlobalFlags): Promise<number> {
  return await withClient(flags, async ({ client }) =>
    printJson(await client.call("capabilities/get", {})),
  );
}

function printJson(value: unknown): number {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  return exitCodes.ok;
}
