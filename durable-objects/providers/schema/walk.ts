/** A JSON Schema, or a part of one, that is an object. */
export type JsonSchema = Record<string, unknown>;

/** A schema within a schema. */
interface Subschema {
  keyword: string;
  /** From its parent: the keyword, and the name or index under it. */
  path: readonly string[];
  schema: JsonSchema;
}

const single = new Set(
  "additionalProperties additionalItems items contains not if then else propertyNames unevaluatedProperties unevaluatedItems".split(
    " ",
  ),
);
const lists = new Set(["allOf", "anyOf", "oneOf", "prefixItems", "items"]);
const maps = new Set(
  "properties patternProperties $defs definitions dependentSchemas dependencies".split(" "),
);
/** Keywords whose schemas look at the same value as the schema they stand in. */
const inPlace = new Set(
  "allOf anyOf oneOf not if then else dependentSchemas dependencies".split(" "),
);

/** The schemas right within a schema; those that are just `true` or `false` are left out. */
export function subschemas(schema: JsonSchema): Subschema[] {
  return Object.entries(schema).flatMap(([keyword, value]) => {
    if (lists.has(keyword) && Array.isArray(value)) {
      return value.flatMap((item, index) => one(keyword, [keyword, String(index)], item));
    }
    if (maps.has(keyword) && isSchema(value)) {
      return Object.entries(value).flatMap(([name, item]) => one(keyword, [keyword, name], item));
    }
    return single.has(keyword) ? one(keyword, [keyword], value) : [];
  });
}

/** The same schema with each schema within it replaced. */
export function mapSubschemas(
  schema: JsonSchema,
  replace: (part: JsonSchema, path: readonly string[]) => JsonSchema,
): JsonSchema {
  const copy = { ...schema };
  for (const { path, schema: part } of subschemas(schema)) {
    const [keyword = "", name] = path;
    const value = replace(part, path);
    if (name === undefined) copy[keyword] = value;
    else if (Array.isArray(copy[keyword])) copy[keyword] = copy[keyword].with(Number(name), value);
    // What `subschemas` found under a name lies in an object. A spread keeps a name like `__proto__`.
    else copy[keyword] = { ...(copy[keyword] as JsonSchema), [name]: value };
  }
  return copy;
}

export function isInPlace(keyword: string): boolean {
  return inPlace.has(keyword);
}

/** A JSON Pointer (RFC 6901). */
export function pointer(path: readonly string[]): string {
  return path.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function one(keyword: string, path: readonly string[], schema: unknown): Subschema[] {
  return isSchema(schema) ? [{ keyword, path, schema }] : [];
}
