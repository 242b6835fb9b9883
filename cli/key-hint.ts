import { MeerkatError } from "../sdk/index.ts";

/** What to do about a provider without a key; nothing for other failures. */
export function keyHint(error: unknown): string {
  if (!(error instanceof MeerkatError) || error.code !== "PROVIDER_ERROR") return "";
  const { details } = error;
  if (typeof details !== "object" || details === null) return "";
  if (!("set_one_of" in details) || !Array.isArray(details.set_one_of)) return "";
  if (!("provider" in details)) return "";
  const variables = details.set_one_of.join(" or ");
  return `Set ${variables} where the server runs, or give this realm a key: rkat auth set ${String(details.provider)}\n`;
}
