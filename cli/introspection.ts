import { exitCodes } from "./exit-codes.ts";
import type { GlobalFlags } from "./global-flags.ts";
import { modelTable } from "./model-table.ts";
import { withClient } from "./with-client.ts";

/** The flags of `rkat config get`. */
export interface ConfigGetFlags extends GlobalFlags {
  format: "toml" | "json";
  withGeneration?: boolean;
}

/** The flags of `rkat models`. */
export interface ModelsFlags extends GlobalFlags {
  json?: boolean;
  output?: "text" | "json";
}

/** Prints the models that the deployment and the realm know by name, as a table or as JSON. */
export async function printModels({ json, output, ...flags }: ModelsFlags): Promise<number> {
  return await withClient(flags, async ({ client }) => {
    const found = await client.call("models/catalog", {});
    if (json || output === "json") return printJson(found);
    process.stdout.write(`${modelTable(found)}\n`);
    return exitCodes.ok;
  });
}

/** Prints what the deployment can do. */
export async function printCapabilities(flags: GlobalFlags): Promise<number> {
  return await withClient(flags, async ({ client }) =>
    printJson(await client.call("capabilities/get", {})),
  );
}

/** Prints the realm's config. */
export async function printConfig({
  format,
  withGeneration,
  ...flags
}: ConfigGetFlags): Promise<number> {
  return await withClient(flags, async ({ client }) => {
    const envelope = await client.call("config/get", {});
    if (format === "json") return printJson(withGeneration ? envelope : envelope.config);
    const { stringify } = await import("smol-toml");
    if (withGeneration) process.stdout.write(`# generation = ${envelope.generation}\n`);
    process.stdout.write(stringify(withoutNulls(envelope.config)));
    return exitCodes.ok;
  });
}

function printJson(value: unknown): number {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  return exitCodes.ok;
}

/** TOML has no null: a key without a value is a key that is not there. */
function withoutNulls(config: Record<string, unknown>): Record<string, unknown> {
  const text = JSON.stringify(config, (_, value: unknown) => {
    if (Array.isArray(value)) return value.filter((item) => item !== null);
    return value === null ? undefined : value;
  });
  // What went in was an object, so an object comes out.
  return JSON.parse(text) as Record<string, unknown>;
}
