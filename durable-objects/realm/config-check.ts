import type * as z from "zod";
import { toJSONSchema } from "zod";
import {
  AppError,
  checkConfigSize,
  ConfigDocument,
  keyPath,
  schemaAt,
  shownAddress,
} from "../../sdk/contract/index.ts";
import { readOutputSchema } from "../providers/schema/output-schema.ts";
import { isSecretPath } from "./secrets.ts";

const SHOWN_CHARS = 200;
// An address with a user in it is refused, and its password with it.
const userOfUrl = /\/\/[^/?#\s]*@/g;

/**
 * The document, if every known key holds what it may.
 * @throws {AppError} `INVALID_PARAMS` that names the key, its value and what is allowed;
 * `PAYLOAD_TOO_LARGE` over 256 KiB
 */
export function checkedConfig(document: object): ConfigDocument {
  checkConfigSize(document);
  const checked = ConfigDocument.safeParse(document);
  if (!checked.success) throw refused(document, checked.error.issues);
  checkProviders(checked.data);
  const { output_schema } = checked.data.agent ?? {};
  if (output_schema) readOutputSchema(output_schema, "agent.output_schema");
  return checked.data;
}

function refused(document: object, issues: readonly z.core.$ZodIssue[]): AppError {
  const found = issues.map((issue) => {
    const value = shown(issue.path, valueAt(document, issue.path));
    return { key: keyPath(issue.path), value, problem: messageOf(issue), ...allowedAt(issue.path) };
  });
  const [first] = found;
  const message = `Invalid config: ${first?.key}: ${first?.problem} (got ${JSON.stringify(first?.value)})`;
  return new AppError("INVALID_PARAMS", message, { ...first, issues: found });
}

/** One vendor's key and address must not be said twice and differently (contract 8.3). */
function checkProviders({ provider, providers = {} }: ConfigDocument): void {
  if (!provider) return;
  const { type, api_key, base_url } = provider;
  const pairs = [
    { one: "api_key", other: `api_keys.${type}`, a: api_key, b: providers.api_keys?.[type] },
    { one: "base_url", other: `base_urls.${type}`, a: base_url, b: providers.base_urls?.[type] },
  ];
  for (const { one, other, a, b } of pairs) {
    if (!a || !b || a === b) continue;
    const key = `provider.${one}`;
    const message = `Invalid config: ${key} contradicts providers.${other}: give one of them`;
    throw new AppError("INVALID_PARAMS", message, { key, allowed: [key, `providers.${other}`] });
  }
}

/** A union's own words are those of its last member, the one with something to say. */
function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== "invalid_union") return issue.message;
  return issue.errors.at(-1)?.at(0)?.message ?? issue.message;
}

/** What the key may hold, as JSON Schema. */
function allowedAt(path: readonly PropertyKey[]): { allowed?: unknown } {
  const schema = schemaAt(path);
  if (!schema) return {};
  const { $schema: _dialect, ...allowed } = toJSONSchema(schema, { io: "input" });
  return { allowed };
}

function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, key)
        ? Reflect.get(value, key)
        : undefined,
    document,
  );
}

function shown(path: readonly PropertyKey[], value: unknown): unknown {
  if (isSecretPath(path)) return "[redacted]";
  if (typeof value === "object" && value !== null) {
    return Array.isArray(value) ? "a list" : "an object";
  }
  if (typeof value !== "string") return value;
  const told = shownAddress(value).replaceAll(userOfUrl, "//[redacted]@");
  return told.length > SHOWN_CHARS ? `${told.slice(0, SHOWN_CHARS)}…` : told;
}
