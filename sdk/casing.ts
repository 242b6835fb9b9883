import { isRecord } from "./json.ts";

/** Members whose content belongs to the user, a model or a vendor: their keys keep the case they have. */
const opaqueKeys = [
  "app_context",
  "args",
  "arguments",
  "config",
  "details",
  "input_schema",
  "labels",
  "metadata",
  "output_schema",
  "params_schema",
  "patch",
  "provider_params",
  "shell_env",
  "structured_output",
] as const;
type OpaqueKey = (typeof opaqueKeys)[number];
const opaque: ReadonlySet<string> = new Set(opaqueKeys);

type CamelKey<Key> = Key extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelKey<Tail>>}`
  : Key;

/** A wire type as the SDK shows it: camelCase members, opaque ones untouched. */
export type Camel<Wire> = Wire extends readonly (infer Item)[]
  ? Camel<Item>[]
  : Wire extends object
    ? { [Key in keyof Wire as CamelKey<Key>]: Key extends OpaqueKey ? Wire[Key] : Camel<Wire[Key]> }
    : Wire;

/** Turns what the deployment sent into what the SDK shows. */
export function camel<Wire>(wire: Wire): Camel<Wire> {
  // The loop below does to values exactly what `Camel` does to types; TypeScript cannot follow it.
  return renamed(wire, camelKey) as Camel<Wire>;
}

/** Turns a caller's options into request members; members that are undefined are left out. */
export function snake(options: object): Record<string, unknown> {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  // An object's entries renamed are an object again.
  return renamed(Object.fromEntries(given), snakeKey) as Record<string, unknown>;
}

function renamed(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).map(([key, member]) => [
    rename(key),
    opaque.has(snakeKey(key)) || isVendorData(value, key) ? member : renamed(member, rename),
  ]);
  return Object.fromEntries(entries);
}

/** A server tool's content is whatever the vendor made it. */
function isVendorData(block: Record<string, unknown>, key: string): boolean {
  return key === "data" && block.block_type === "server_tool_content";
}

function camelKey(key: string): string {
  return key.replaceAll(/(?<=[a-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function snakeKey(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
