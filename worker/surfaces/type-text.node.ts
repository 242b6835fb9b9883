/** As much of JSON Schema as the contract's own schemas use. */
export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
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

const LONGEST_LINE = 90;

/** A schema as a reader of TypeScript would write it; what does not fit one line is broken up. */
export function typeText(schema: JsonSchema): string {
  if (schema.$ref !== undefined) return schema.$ref.split("/").at(-1) ?? "";
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const options = optionsOf(schema);
  if (options) return unionText(options);
  if (schema.type === "array") return arrayText(schema.items ?? {});
  if (schema.type === "object" || schema.properties) return objectText(schema);
  return schema.type === undefined ? "any JSON" : [schema.type].flat().join(" | ");
}

/** An object's members, one line each or more. */
export function memberLines({ properties = {}, required = [] }: JsonSchema): string[] {
  return Object.entries(properties).map(([key, member]) => {
    const given = member.default === undefined ? "" : ` = ${JSON.stringify(member.default)}`;
    const line = `${key}${required.includes(key) ? "" : "?"}: ${typeText(member)}${given}`;
    return line.replace(": \n", ":\n");
  });
}

function optionsOf({ anyOf, oneOf, enum: values }: JsonSchema): string[] | undefined {
  const options = (anyOf ?? oneOf)?.map(typeText) ?? values?.map((value) => JSON.stringify(value));
  return options && [...new Set(options)];
}

function unionText(options: readonly string[]): string {
  const line = options.join(" | ");
  const isLong = line.length > LONGEST_LINE && options.length > 2;
  return isLong ? options.map((option) => `\n${indented(`| ${option}`)}`).join("") : line;
}

function arrayText(items: JsonSchema): string {
  return optionsOf(items) ? `(${typeText(items)})[]` : `${typeText(items)}[]`;
}

function objectText(schema: JsonSchema): string {
  const members = memberLines(schema);
  const { additionalProperties } = schema;
  if (members.length === 0) {
    const values = typeof additionalProperties === "object" ? typeText(additionalProperties) : "";
    return values === "" || values === "any JSON" ? "object" : `{ [key]: ${values} }`;
  }
  const line = `{ ${members.join(", ")} }`;
  if (line.length <= LONGEST_LINE && !line.includes("\n")) return line;
  return `{\n${members.map((member) => indented(member)).join("\n")}\n}`;
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}
