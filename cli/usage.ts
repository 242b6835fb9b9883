import type { OutputOf } from "../sdk/contract/index.ts";
import { columns } from "./columns.ts";
import { exitCodes } from "./exit-codes.ts";
import type { GlobalFlags } from "./global-flags.ts";
import { print, printJson } from "./print.ts";
import { withClient } from "./with-client.ts";

/** The flags of `rkat usage`. */
export interface UsageFlags extends GlobalFlags {
  from?: string;
  to?: string;
  by: string;
  json?: boolean;
}

type Report = OutputOf<"usage/read">;
type Row = Report["rows"][number];

const BAR_CHARS = 30;

/** Prints what the realm has used, with a bar for each group. */
export async function printUsage({ from, to, by, json, ...flags }: UsageFlags): Promise<number> {
  return await withClient(flags, async ({ client }) => {
    const span = { ...(from && { from }), ...(to && { to }) };
    const report = await client.call("usage/read", { ...span, group_by: by });
    if (json) printJson(report);
    else print(usageTable(report));
    return exitCodes.ok;
  });
}

/** Lays a report out; bars show dollars, or tokens where no call has a price. */
function usageTable({ from, to, group_by, rows, total }: Report): string {
  if (rows.length === 0) return `Nothing was used from ${from} to ${to}.`;
  const isPriced = total.usd > 0;
  const sizeOf = (row: Row) => (isPriced ? row.usd : row.input_tokens + row.output_tokens);
  const most = Math.max(...rows.map(sizeOf));
  const header = [group_by.toUpperCase(), "CALLS", "IN", "OUT", "CACHED", "USD", ""];
  const lines = rows.map((row) => [row.group, ...figures(row), bar(sizeOf(row), most)]);
  const sum = ["total", ...figures(total), ""];
  const note =
    total.unpriced_calls > 0 ? `\n\n+ calls whose price is unknown: ${total.unpriced_calls}` : "";
  return columns([header, ...lines, sum]) + note;
}

function figures(sums: Report["total"]): string[] {
  const { model_calls, input_tokens, output_tokens, cache_read_tokens, usd, unpriced_calls } = sums;
  const dollars = `${usd.toFixed(4)}${unpriced_calls > 0 ? "+" : ""}`;
  return [model_calls, input_tokens, output_tokens, cache_read_tokens, dollars].map(String);
}

function bar(size: number, most: number): string {
  if (size <= 0 || most <= 0) return "";
  return "█".repeat(Math.max(1, Math.round((size / most) * BAR_CHARS)));
}
