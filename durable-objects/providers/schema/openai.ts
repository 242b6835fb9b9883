import type { SchemaDialect } from "./lowering.ts";
import { isClosedObject, optionalProperty, stringFormats, typeless } from "./shape.ts";

const keywords = new Set(
  "type properties required items anyOf $ref $defs definitions enum const pattern multipleOf minimum maximum exclusiveMinimum exclusiveMaximum minItems maxItems".split(
    " ",
  ),
);

/** OpenAI's strict mode (Responses). Without it the vendor takes any schema, as a wish. */
export const openaiSchemas: SchemaDialect = {
  takesWishes: true,
  reads(keyword, value) {
    if (keyword === "format") return stringFormats.has(String(value));
    return keywords.has(keyword) || (keyword === "additionalProperties" && value === false);
  },
  translated: (keyword, value) => (keyword === "oneOf" ? { anyOf: value } : undefined),
  obstacle(schema, { isRoot }) {
    if (isRoot && schema["type"] !== "object")
      return "strict mode wants the root to be an object itself";
    if (isRoot && ("anyOf" in schema || "oneOf" in schema))
      return "strict mode takes no anyOf at the root";
    if (!isClosedObject(schema)) return "strict mode takes no objects of any keys";
    const name = optionalProperty(schema);
    if (name !== undefined) return `strict mode wants every property required, '${name}' is not`;
    return typeless(schema) ? "strict mode takes no schema without a type" : undefined;
  },
  completed: (schema) =>
    schema["type"] === "object" ? { ...schema, additionalProperties: false } : schema,
};
