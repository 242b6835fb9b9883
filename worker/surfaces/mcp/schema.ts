import * as z from "zod";
import { AppError, checkNames, checkNesting } from "../../../sdk/contract/index.ts";
import type { Json } from "./tool.ts";

/** A schema as models read it: they pay for every word, so what says nothing is left out. */
export function jsonSchema(schema: z.ZodObject, io: "input" | "output"): Json & { type: "object" } {
  const whole = z.toJSONSchema(schema, { io });
  return { ...lean(whole, io), type: "object" };
}

/** Reads a tool's arguments. @throws {AppError} `INVALID_PARAMS`, which says what is wrong and what is allowed */
export function readArguments<Schema extends z.ZodObject>(
  schema: Schema,
  args: Json,
): z.output<Schema> {
  checkNesting(args);
  checkNames(args);
  const input = schema.safeParse(args);
  if (input.success) return input.data;
  const issues = input.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  const [first] = issues;
  const where = first?.path ? `${first.path}: ` : "";
  const allowed = Object.keys(schema.shape);
  throw new AppError("INVALID_PARAMS", `Invalid arguments: ${where}${first?.message ?? ""}`, {
    issues,
    allowed,
  });
}

function lean(node: object, io: "input" | "output"): Json {
  const entries = Object.entries(withoutNull(node, io)).filter(
    ([key, value]) => !isIdle(key, value),
  );
  return Object.fromEntries(entries.map(([key, value]) => [key, leanValue(value, io)]));
}

function leanValue(value: unknown, io: "input" | "output"): unknown {
  if (Array.isArray(value)) return value.map((item) => leanValue(item, io));
  return typeof value === "object" && value !== null ? lean(value, io) : value;
}

/** That null stands for "not given" need not be offered; it is accepted all the same. */
function withoutNull(node: object, io: "input" | "output"): object {
  if (io === "output") return node;
  if ("type" in node && Array.isArray(node.type) && node.type.length === 2) {
    return { ...node, type: node.type.find((type) => type !== "null") };
  }
  if (!("anyOf" in node) || !Array.isArray(node.anyOf)) return node;
  const { anyOf, ...rest } = node;
  const others = anyOf.filter((choice: { type?: string }) => choice.type !== "null");
  return others.length === 1 ? { ...rest, ...others[0] } : { ...rest, anyOf: others };
}

function isIdle(key: string, value: unknown): boolean {
  switch (key) {
    case "$schema":
      return typeof value === "string";
    case "additionalProperties":
      return value === false || (isObject(value) && Object.keys(value).length === 0);
    case "propertyNames":
      return true;
    case "minimum":
      return value === Number.MIN_SAFE_INTEGER;
    case "maximum":
      return value === Number.MAX_SAFE_INTEGER;
    default:
      return false;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
