/** As much of JSON Schema as the contract's own schemas use. */
export interface JsonSchema {
  $ref?: string;
  type?: string;
  const?: unknown;
  enum?: unknown[];
  default?: unknown;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
}

/** A schema as a reader of TypeScript would write it. */
export function typeText(schema: JsonSchema): string {
  if (schema.$ref !== undefined) return schema.$ref.split("/").at(-1) ?? "";
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return [...new Set(options.map(typeText))].join(" | ");
  if (schema.type === "array") return arrayText(schema.items ?? {});
  if (schema.type === "object" || schema.properties) return objectText(schema);
  return schema.type ?? "any JSON";
}

function arrayText(items: JsonSchema): string {
  const text = typeText(items);
  return text.includes(" | ") ? `(${text})[]` : `${text}[]`;
}

function objectText({ properties = {}, required = [], additionalProperties }: JsonSchema): string {
  const members = Object.entries(properties).map(
    ([key, member]) => `${key}${required.includes(key) ? "" : "?"}: ${typeText(member)}`,
  );
  if (members.length > 0) return `{ ${members.join(", ")} }`;
  const values = typeof additionalProperties === "object" ? typeText(additionalProperties) : "";
  return values === "" || values === "any JSON" ? "object" : `{ [key]: ${values} }`;
}
