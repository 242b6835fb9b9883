import type { ConfigHistory } from "../sdk/index.ts";
import { exitCodes } from "./exit-codes.ts";
import type { GlobalFlags } from "./global-flags.ts";
import { columns } from "./columns.ts";
import { print, printJson } from "./print.ts";
import { minute } from "./session-table.ts";
import { withClient } from "./with-client.ts";

/** The flags of `rkat config get`. */
export interface ConfigGetFlags extends GlobalFlags {
  format: "toml" | "json";
  withGeneration?: boolean;
}

/** The flags of `rkat config history`. */
export interface ConfigHistoryFlags extends GlobalFlags {
  format: "text" | "json";
  limit?: number;
}

/** Prints the realm's config. */
export async function printConfig({
  format,
  withGeneration,
  ...flags
}: ConfigGetFlags): Promise<number> {
  return await withClient(flags, async ({ client }) => {
    const envelope = await client.call("config/get", {});
    if (format === "json") printJson(withGeneration ? envelope : envelope.config);
    else {
      const { stringify } = await import("smol-toml");
      if (withGeneration) print(`# generation = ${envelope.generation}`);
      print(
        stringify(withoutNulls(envelope.config)).trimEnd() || "# nothing is set: defaults hold",
      );
    }
    return exitCodes.ok;
  });
}

/** Prints who changed the realm's config, newest first. */
export async function printConfigHistory({
  format,
  limit,
  ...flags
}: ConfigHistoryFlags): Promise<number> {
  return await withClient(flags, async ({ client }) => {
    if (format === "json") printJson(await client.call("config/history", { limit }));
    else {
      const { history } = await client.configHistory({ limit });
      print(history.length === 0 ? "No changes found." : historyTable(history));
    }
    return exitCodes.ok;
  });
}

function historyTable(history: ConfigHistory["history"]): string {
  const rows = history.map((change) => [
    String(change.generation),
    minute(change.createdAt),
    change.actor,
    change.restoredGeneration === undefined
      ? change.action
      : `${change.action} ${change.restoredGeneration}`,
    changed(change),
  ]);
  return columns([["GENERATION", "WHEN", "WHO", "ACTION", "CHANGED"], ...rows]);
}

function changed({ changedKeys, changedCount }: ConfigHistory["history"][number]): string {
  const more = changedCount - changedKeys.length;
  return `${changedKeys.join(", ") || "nothing"}${more > 0 ? ` and ${more} more` : ""}`;
}

/** TOML has no null; one can still be in a list. */
function withoutNulls(config: Record<string, unknown>): Record<string, unknown> {
  const text = JSON.stringify(config, (_, value: unknown) => {
    if (Array.isArray(value)) return value.filter((item) => item !== null);
    return value === null ? undefined : value;
  });
  // What went in was an object, so an object comes out.
  return JSON.parse(text) as Record<string, unknown>;
}
