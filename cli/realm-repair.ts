import { readFile } from "node:fs/promises";
import type { MeerkatClient } from "../sdk/index.ts";
import { exitCodes } from "./exit-codes.ts";
import type { GlobalFlags } from "./global-flags.ts";
import { print, tell } from "./print.ts";
import { checkedRealm } from "./realm-name.ts";
import { withClient } from "./with-client.ts";

const IDS_PER_CALL = 100;

/** The flags of `rkat realms repair`. */
export interface RepairFlags extends GlobalFlags {
  session: string[];
  fromFile?: string;
}

/** Rebuilds a realm's directory from its sessions: those that it knows, then those that are named. */
export async function repairRealm(
  realm: string | undefined,
  { session, fromFile, ...flags }: RepairFlags,
): Promise<number> {
  const named = [...session, ...(fromFile === undefined ? [] : await idsIn(fromFile))];
  const chosen = realm === undefined ? flags : { ...flags, realm: checkedRealm(realm) };
  return await withClient(chosen, async ({ client }) => {
    const sums = { checked: 0, repaired: 0, removed: 0, unreachable: 0 };
    const missing: string[] = [];
    for await (const page of pages(client, named)) {
      for (const key of ["checked", "repaired", "removed", "unreachable"] as const) {
        sums[key] += page[key];
      }
      missing.push(...page.missing);
    }
    const facts = Object.entries({ ...sums, missing: missing.length });
    print(facts.map(([key, count]) => `${key}=${count}`).join(" "));
    for (const id of missing) tell(`no such session: ${id}`);
    return sums.unreachable === 0 ? exitCodes.ok : exitCodes.error;
  });
}

async function* pages(client: MeerkatClient, named: readonly string[]) {
  for (let cursor: string | undefined = ""; cursor !== undefined;) {
    const page: Awaited<ReturnType<typeof repair>> = await repair(client, { cursor });
    yield page;
    cursor = page.cursor;
  }
  for (let at = 0; at < named.length; at += IDS_PER_CALL) {
    yield await repair(client, { session_ids: named.slice(at, at + IDS_PER_CALL) });
  }
}

async function repair(client: MeerkatClient, params: { cursor?: string; session_ids?: string[] }) {
  return await client.call("realms/repair", params);
}

/** One id, or `<realm>:<id>`, per line. */
async function idsIn(path: string): Promise<string[]> {
  const lines = (await readFile(path, "utf8")).split("\n").map((line) => line.trim());
  return lines.filter(Boolean).map((line) => line.slice(line.lastIndexOf(":") + 1));
}
