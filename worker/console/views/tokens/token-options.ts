import type { TokenOptions } from "meerkat-edge";
import { textOf } from "../../parts/form.tsx";

/** What the form asks for. @throws {Error} that says which line cannot be read */
export function tokenOptions(fields: FormData): TokenOptions {
  const scopes = scopeNames.filter((scope) => fields.has(scope));
  if (scopes.length === 0)
    throw new Error("A token that may do nothing is of no use: choose a scope.");
  const days = Number(fields.get("days"));
  const labels = linesOf(fields, "labels").map(labelOf);
  const origins = linesOf(fields, "origins").map(originOf);
  const name = textOf(fields, "name");
  return {
    scopes,
    ...(name !== undefined && { name }),
    ...(days > 0 && { expiresIn: days * DAY_S }),
    ...(labels.length > 0 && { labels: Object.fromEntries(labels) }),
    ...(origins.length > 0 && { origins }),
  };
}

const DAY_S = 86_400;

/** From the least to the most. */
export const scopeNames = ["read", "run", "admin"] as const;

function linesOf(fields: FormData, name: string): string[] {
  const lines = (textOf(fields, name) ?? "").split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "");
}

function labelOf(line: string): readonly [key: string, value: string] {
  const [, key, value] = /^([^=]+?)\s*=\s*(.+)$/.exec(line) ?? [];
  if (key === undefined || value === undefined) {
    throw new Error(`A label is key=value; this is not: ${line}`);
  }
  return [key, value];
}

/** People paste addresses of pages: what counts of them is the origin. */
function originOf(line: string): string {
  const origin = URL.parse(line)?.origin;
  if (origin === undefined || origin === "null") {
    throw new Error(`An origin is like https://app.example; this is not: ${line}`);
  }
  return origin;
}
