import { readFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { wholeNumber } from "./flag-values.ts";
import type { TurnFlags } from "./turn-flags.ts";
import { UsageError } from "./usage-error.ts";

/** What becomes of parts of a schema that the provider cannot be told. */
export type SchemaCompat = "lossy" | "strict";

/** Declares the flags for answers as JSON (contract 10.2). */
export function addSchemaFlags(command: Command): void {
  command
    .option("--schema <file|json>", "JSON Schema of an object: print the answer as JSON that fits")
    .option("--output-schema <file|json>", "same as --schema")
    .addOption(
      new Option(
        "--output-schema-compat <mode>",
        "drop what the provider cannot express, or refuse",
      ).choices(["lossy", "strict"]),
    )
    .option("--structured-output-retries <count>", "how often to ask again", wholeNumber);
}

/** What these flags say, in the SDK's words; only what was given. @throws {UsageError} */
export function schemaOptions(flags: TurnFlags) {
  const { outputSchemaCompat: compat, structuredOutputRetries } = flags;
  const given = flags.schema ?? flags.outputSchema;
  if (flags.schema !== undefined && flags.outputSchema !== undefined) {
    throw new UsageError("--schema and --output-schema mean the same: give one of them");
  }
  if (compat !== undefined && given === undefined) {
    throw new UsageError("--output-schema-compat needs --schema");
  }
  const schema = given === undefined ? undefined : readSchema(given);
  return {
    ...(schema && { outputSchema: compat === undefined ? schema : withCompat(schema, compat) }),
    ...(structuredOutputRetries !== undefined && { structuredOutputRetries }),
  };
}

/** JSON begins with a brace; anything else is a file's name. */
function readSchema(given: string): Record<string, unknown> {
  const isInline = given.trimStart().startsWith("{");
  const source = isInline ? "--schema" : given;
  let value: unknown;
  try {
    value = JSON.parse(isInline ? given : readFileSync(given, "utf8"));
  } catch (cause) {
    throw new UsageError(`${source} is no readable JSON: ${(cause as Error).message}`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new UsageError(`${source} is no JSON object`);
}

function withCompat(schema: Record<string, unknown>, compat: SchemaCompat) {
  const isWrapped = typeof schema.schema === "object" && !("type" in schema);
  return isWrapped ? { ...schema, compat } : { schema, compat };
}
