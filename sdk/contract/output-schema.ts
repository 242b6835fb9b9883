import * as z from "zod";

const MAX_DEPTH = 64;
const MAX_CHARS = 64 * 1024;

/**
 * What a structured answer must look like (contract 6.6): a JSON Schema, or one wrapped as
 * `{schema, name?, strict?, compat?, format?}`. Bounded here, before anything walks or copies it.
 */
export const OutputSchemaInput = z
  .record(z.string(), z.unknown())
  .refine(isShallow, `a schema may be nested ${MAX_DEPTH} levels deep at most`)
  .refine(
    (schema) => !isShallow(schema) || JSON.stringify(schema).length <= MAX_CHARS,
    `a schema may take ${MAX_CHARS / 1024} KiB at most`,
  );

/** How often an answer that does not fit is asked for again. */
export const OutputRetries = z.int().nonnegative().max(10);

/** A part of a schema that the provider cannot be told; the answer is checked for it all the same. */
export const SchemaWarning = z.object({
  provider: z.string(),
  /** JSON Pointer into the schema. */
  path: z.string(),
  message: z.string(),
});
export type SchemaWarning = z.infer<typeof SchemaWarning>;

const ofRun = {
  session_id: z.string(),
  run_id: z.string(),
  schema_warnings: z.array(SchemaWarning).optional(),
};

/** The answer as JSON that fits the run's `output_schema`; comes right before `run_completed`. */
export const ExtractionSucceeded = z.object({
  type: z.literal("extraction_succeeded"),
  ...ofRun,
  structured_output: z.unknown(),
});

/** No answer fitted; the run completes all the same. Comes right before `run_completed`. */
export const ExtractionFailed = z.object({
  type: z.literal("extraction_failed"),
  ...ofRun,
  /** At most 8 Ki characters. */
  last_output: z.string(),
  attempts: z.int(),
  reason: z.string(),
});

/** Level by level, because recursion would fail on just what this is to refuse. */
function isShallow(schema: unknown): boolean {
  let level: unknown[] = [schema];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) return false;
    level = level.flatMap((value) =>
      typeof value === "object" && value !== null ? Object.values(value) : [],
    );
  }
  return true;
}
