import * as z from "zod";
import { ConfigDocument } from "./config.ts";
import { isWithoutEffect } from "./config-inert.ts";
import { AppError } from "./errors.ts";

type Json = Record<string, unknown>;

/**
 * A document whose known keys have their real names: camelCase is taken for them at every level, as the
 * original's TypeScript examples write them (contract 13.17). What a key holds that is the caller's own,
 * such as `provider_params`, stays as it is.
 * @throws {AppError} `INVALID_PARAMS` for a key that is given under both names
 */
export function withRealNames(document: Json): Json {
  return renamed(document, ConfigDocument, []) as Json;
}

/** Keys that are kept and change nothing on this deployment, as paths, sorted. */
export function ineffectiveKeys(document: Json): string[] {
  return [...idle(document, ConfigDocument, [])].toSorted();
}

/** How a key is written down: `models."gpt-5.2"`, as TOML does. */
export function keyPath(path: readonly PropertyKey[]): string {
  return path
    .map(String)
    .map((key) => (/^[\w-]+$/.test(key) ? key : JSON.stringify(key)))
    .join(".");
}

/** What a key may hold; nothing for a key that is not known. */
export function schemaAt(path: readonly PropertyKey[]): z.ZodType | undefined {
  let schema: z.ZodType | undefined = ConfigDocument;
  for (const key of path) {
    const whole: z.ZodType | undefined = schema && unwrapped(schema);
    schema =
      whole instanceof z.ZodArray ? (whole.element as z.ZodType) : childOf(whole, String(key));
  }
  return schema && unwrapped(schema);
}

function renamed(value: unknown, schema: z.ZodType | undefined, path: readonly string[]): unknown {
  const whole = schema && unwrapped(schema);
  if (!isObject(value) || !whole || !hasKeys(whole)) return value;
  const entries = Object.entries(value).map(([key, inner]) => {
    const name = realName(key, whole);
    if (name !== key && Object.hasOwn(value, name)) {
      const [given, real] = [key, name].map((each) => keyPath([...path, each]));
      const message = `Invalid config: '${given}' and '${real}' are the same key: give one of them`;
      throw new AppError("INVALID_PARAMS", message, { key: real, allowed: [real] });
    }
    return [name, renamed(inner, childOf(whole, name), [...path, name])] as const;
  });
  return Object.fromEntries(entries);
}

function realName(key: string, schema: z.ZodType): string {
  if (!(schema instanceof z.ZodObject) || Object.hasOwn(schema.shape, key)) return key;
  const name = key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.hasOwn(schema.shape, name) ? name : key;
}

function* idle(
  value: unknown,
  schema: z.ZodType | undefined,
  path: readonly string[],
): Generator<string> {
  if (!schema || isInert(schema)) {
    if (!isObject(value) || Object.keys(value).length > 0) yield keyPath(path);
    return;
  }
  const whole = unwrapped(schema);
  if (!isObject(value) || !hasKeys(whole)) return;
  for (const [key, inner] of Object.entries(value)) {
    yield* idle(inner, childOf(whole, key), [...path, key]);
  }
}

function hasKeys(schema: z.ZodType): schema is z.ZodObject | z.ZodRecord {
  return schema instanceof z.ZodObject || schema instanceof z.ZodRecord;
}

function childOf(schema: z.ZodType | undefined, key: string): z.ZodType | undefined {
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType;
  if (!(schema instanceof z.ZodObject)) return undefined;
  if (Object.hasOwn(schema.shape, key)) return schema.shape[key];
  const { catchall } = schema.def;
  // A loose object takes what it does not know; only a section with named entries knows what they are.
  return catchall instanceof z.ZodUnknown ? undefined : (catchall as z.ZodType | undefined);
}

function isInert(schema: z.ZodType): boolean {
  if (isWithoutEffect(schema)) return true;
  return isWrapper(schema) && isInert(schema.unwrap() as z.ZodType);
}

function unwrapped(schema: z.ZodType): z.ZodType {
  return isWrapper(schema) ? unwrapped(schema.unwrap() as z.ZodType) : schema;
}

function isWrapper(schema: z.ZodType): schema is z.ZodOptional | z.ZodNullable {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodNullable;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
