import { isSchema, type JsonSchema } from "./walk.ts";

/** Formats of strings that vendors hold a model to. */
export const stringFormats: ReadonlySet<string> = new Set(
  "date-time time date duration email hostname uri ipv4 ipv6 uuid".split(" "),
);

/** Whether a value is neither an object nor a list. */
export function isPlain(value: unknown): boolean {
  return value === null || typeof value !== "object";
}

/** Whether an object may have only the keys it names. Told nothing, it may: the model has no other names to use. */
export function isClosedObject({
  type,
  properties,
  additionalProperties: rest,
}: JsonSchema): boolean {
  if (type !== "object" || rest === false) return true;
  return rest === undefined && isSchema(properties) && Object.keys(properties).length > 0;
}

/** Whether a schema leaves open what kind of value it means. */
export function typeless(schema: JsonSchema): boolean {
  const says = ["type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref"];
  return !says.some((keyword) => keyword in schema);
}

/** The first property that an object need not have. */
export function optionalProperty({ properties, required }: JsonSchema): string | undefined {
  const names = isSchema(properties) ? Object.keys(properties) : [];
  return names.find((name) => !Array.isArray(required) || !required.includes(name));
}
