import { resolved } from "./schema/soundness.ts";
import { isSchema, type JsonSchema } from "./schema/walk.ts";

const MAX_DEPTH = 32;

/** The plainest value of a schema's shape, in place of a model's. It knows no patterns or formats. */
export function sample(schema: unknown, root: JsonSchema, depth = 0): unknown {
  if (!isSchema(schema) || depth > MAX_DEPTH) return null;
  const inner = (part: unknown) => sample(part, root, depth + 1);
  const { const: only, enum: values, anyOf, oneOf, type } = schema;
  if (only !== undefined) return only;
  if (typeof schema["$ref"] === "string") return inner(resolved(schema, root));
  for (const list of [values, anyOf, oneOf]) {
    if (Array.isArray(list)) return list === values ? list[0] : inner(list[0]);
  }
  switch (Array.isArray(type) ? type[0] : type) {
    case "object":
      return object(schema, inner);
    case "array":
      return Array.from({ length: Number(schema["minItems"] ?? 0) }, () => inner(schema["items"]));
    case "string":
      return "demo".padEnd(Number(schema["minLength"] ?? 0), ".");
    case "integer":
    case "number":
      return Number(schema["minimum"] ?? 0);
    case "boolean":
      return false;
    default:
      return null;
  }
}

function object(
  { properties, required }: JsonSchema,
  inner: (part: unknown) => unknown,
): JsonSchema {
  const names = Array.isArray(required) ? required.map(String) : [];
  const known = isSchema(properties) ? properties : {};
  return Object.fromEntries(names.map((name) => [name, inner(known[name])]));
}
