import * as fc from "fast-check";
import type { Json } from "../chaos/json.node.ts";

const DEEP = 2_000;

/** Values that programs stumble over. All of them are JSON. */
export const rubbish: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    "",
    "\u0000",
    "\ud800",
    "\u202e",
    "__proto__",
    "constructor",
  ),
  fc.constantFrom<unknown>(0, -1, 1.5, 2 ** 53, -(2 ** 63), 1e308, 5e-324, [], {}, [[]]),
  fc.constantFrom<unknown>(
    "../../../etc/passwd",
    "%00%ff",
    "1; DROP TABLE events",
    "\r\nx: y",
    "null",
  ),
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.nat({ max: 100_000 }).map((length) => "a".repeat(length)),
  fc.nat({ max: DEEP }).map((depth) => nested(depth)),
  fc.constant({ ["__proto__"]: { isAdmin: true }, toString: 1, hasOwnProperty: null }),
  fc.constant(JSON.parse('{"__proto__":{"scopes":["admin"]},"then":1}')),
  fc.jsonValue({ maxDepth: 4 }),
);

function nested(depth: number): unknown {
  let value: unknown = [];
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

/** A JSON Schema, as far as the operations' own use it. */
interface Schema {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  items?: Schema;
  minLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  format?: string;
  pattern?: string;
}

/** Values for members of these names, that mean something to the server. */
export type Known = Readonly<Record<string, readonly string[]>>;

/** Values that a schema allows, or nearly so: a refinement may still refuse them. */
export function valid(schema: Schema, known: Known, depth = 4): fc.Arbitrary<unknown> {
  if ("const" in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map((choice) => valid(choice, known, depth)));
  if (schema.type === "object" && depth > 0) return objects(schema, known, depth - 1);
  if (schema.type === "array" && depth > 0) {
    const items = valid(schema.items ?? {}, known, depth - 1);
    return fc.array(items, { minLength: schema.minItems ?? 0, maxLength: 3 });
  }
  return scalars(schema);
}

function scalars({ type, minimum = -1_000, maximum = 100_000, ...rest }: Schema) {
  if (type === "integer" || type === "number") {
    return fc.integer({ min: Math.ceil(minimum), max: Math.min(maximum, 1_000_000) });
  }
  if (type === "boolean") return fc.boolean();
  if (type === "null") return fc.constant(null);
  if (type !== "string") return fc.jsonValue({ maxDepth: 2 });
  if (rest.format === "uuid" || rest.format === "guid") return fc.uuid();
  const word = /^[A-Za-z0-9_-]{1,20}$/;
  return fc.oneof(fc.stringMatching(word), fc.string({ minLength: rest.minLength ?? 0 }));
}

function objects(schema: Schema, known: Known, depth: number): fc.Arbitrary<Json> {
  const { properties = {}, required = [], additionalProperties: others } = schema;
  const members = Object.entries(properties).map(([key, member]) => {
    const drawn = valid(member, known, depth);
    const real = known[key];
    return [
      key,
      real ? fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...real) }, drawn) : drawn,
    ];
  });
  const model = Object.fromEntries(members) as Record<string, fc.Arbitrary<unknown>>;
  const object = fc.record(model, { requiredKeys: required.filter((key) => key in model) });
  if (members.length > 0 || others === undefined || others === false) return object;
  const values = others === true ? fc.jsonValue({ maxDepth: 2 }) : valid(others, known, depth);
  return fc.dictionary(fc.string({ maxLength: 20 }), values, { maxKeys: 4 });
}

/** An object with one thing wrong: a member gone, another in place of its value, one too many. */
export function nearly(object: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  const change = fc.constantFrom("gone", "other", "extra");
  return fc
    .record({ object, change, at: fc.nat(), value: rubbish, name: fc.string({ maxLength: 30 }) })
    .map(changed);
}

interface Change {
  object: Json;
  change: string;
  at: number;
  value: unknown;
  name: string;
}

function changed({ object, change, at, value, name }: Change): Json {
  const keys = Object.keys(object);
  const key = keys[at % Math.max(keys.length, 1)];
  if (key === undefined || change === "extra") return { ...object, [name]: value };
  if (change === "other") return { ...object, [key]: value };
  const { [key]: _gone, ...rest } = object;
  return rest;
}
