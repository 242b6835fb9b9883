import type { SchemaDialect } from "./lowering.ts";

const keywords = new Set(
  "type properties required additionalProperties items prefixItems minItems maxItems minimum maximum anyOf format $ref $defs propertyOrdering".split(
    " ",
  ),
);

/** Gemini's `responseJsonSchema`; references that go round are unrolled by the vendor. */
export const geminiSchemas: SchemaDialect = {
  takesWishes: false,
  reads(keyword, value) {
    if (keyword === "enum") return Array.isArray(value) && value.every(isWord);
    return keywords.has(keyword);
  },
  translated(keyword, value) {
    if (keyword === "oneOf") return { anyOf: value };
    return keyword === "const" && isWord(value) ? { enum: [value] } : undefined;
  },
  obstacle: () => undefined,
  completed: (schema) => schema,
};

function isWord(value: unknown): boolean {
  return typeof value === "string" || typeof value === "number";
}
