import type { SchemaDialect } from "./lowering.ts";
import { isClosedObject, isPlain, stringFormats, typeless } from "./shape.ts";

const keywords = new Set(
  "type properties required items anyOf allOf $ref $defs definitions".split(" "),
);

/** Anthropic's `output_config.format`, as its documentation and its own SDK's transformation have it. */
export const anthropicSchemas: SchemaDialect = {
  takesWishes: false,
  reads(keyword, value) {
    if (keyword === "enum") return Array.isArray(value) && value.every(isPlain);
    if (keyword === "const") return isPlain(value);
    if (keyword === "format") return stringFormats.has(String(value));
    if (keyword === "minItems") return value === 0 || value === 1;
    return keywords.has(keyword) || (keyword === "additionalProperties" && value === false);
  },
  translated: (keyword, value) => (keyword === "oneOf" ? { anyOf: value } : undefined),
  obstacle(schema, { isRoot, isRecursive }) {
    if (isRoot && isRecursive) return "schemas that hold themselves are not supported";
    if (!isClosedObject(schema)) return "objects of any keys are not supported";
    return typeless(schema) ? "a schema without a type is not supported" : undefined;
  },
  completed: (schema) =>
    schema["type"] === "object" ? { ...schema, additionalProperties: false } : schema,
};
