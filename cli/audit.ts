import type { AuditEntry } from "../sdk/contract/index.ts";
import { columns } from "./columns.ts";
import { exitCodes } from "./exit-codes.ts";
import type { GlobalFlags } from "./global-flags.ts";
import { print, printJson, tell } from "./print.ts";
import { labelText, minute } from "./session-table.ts";
import { withClient } from "./with-client.ts";

/** The flags of `rkat audit list`. */
export interface AuditFlags extends GlobalFlags {
  limit: number;
  before?: number;
  json?: boolean;
}

/** Prints the newest entries of the realm's audit log. */
export async function listAudit({ limit, before, json, ...flags }: AuditFlags): Promise<number> {
  return await withClient(flags, async ({ client }) => {
    const { entries } = await client.call("audit/list", { limit, before });
    if (json) printJson(entries);
    else print(entries.length === 0 ? "No entries." : auditTable(entries));
    return exitCodes.ok;
  });
}

/** Checks the realm's audit log. */
export async function verifyAudit(flags: GlobalFlags): Promise<number> {
  return await withClient(flags, async ({ client }) => {
    const verdict = await client.call("audit/verify", {});
    if (!verdict.valid) {
      tell(`Error: the audit log was changed at entry ${verdict.broken_at}`);
      return exitCodes.error;
    }
    print(`Valid: ${verdict.checked} entries`);
    if (verdict.head !== undefined) print(`Head: ${verdict.last_seq} ${verdict.head}`);
    return exitCodes.ok;
  });
}

function auditTable(entries: readonly AuditEntry[]): string {
  const rows = entries.map(({ seq, at, actor, operation, target, ip }) => [
    String(seq),
    minute(Math.floor(at / 1_000)),
    actor,
    operation,
    labelText(target) || "-",
    ip ?? "-",
  ]);
  return columns([["SEQ", "AT", "ACTOR", "OPERATION", "TARGET", "FROM"], ...rows]);
}
