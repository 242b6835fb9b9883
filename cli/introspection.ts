import { exitCodes } from "./exit-codes.ts";
import type { GlobalFlags } from "./global-flags.ts";
import { modelTable } from "./model-table.ts";
import { print, printJson } from "./print.ts";
import { withClient } from "./with-client.ts";

/** The flags of `rkat models`. */
export interface ModelsFlags extends GlobalFlags {
  json?: boolean;
  output?: "text" | "json";
}

/** Prints the models that the deployment and the realm know by name, as a table or as JSON. */
export async function printModels({ json, output, ...flags }: ModelsFlags): Promise<number> {
  return await withClient(flags, async ({ client }) => {
    const found = await client.call("models/catalog", {});
    if (json || output === "json") printJson(found);
    else print(modelTable(found));
    return exitCodes.ok;
  });
}

/** Prints what the deployment can do. */
export async function printCapabilities(flags: GlobalFlags): Promise<number> {
  return await withClient(flags, async ({ client }) => {
    printJson(await client.call("capabilities/get", {}));
    return exitCodes.ok;
  });
}
