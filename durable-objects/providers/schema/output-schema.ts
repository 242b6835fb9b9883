import * as z from "zod";
import { AppError } from "../../../sdk/contract/index.ts";
import { OutputSchemaInput } from "../../../sdk/contract/output-schema.ts";
import { checkSoundness, invalidSchema, resolved } from "./soundness.ts";
import { isSchema, type JsonSchema, mapSubschemas } from "./walk.ts";

/** What a structured answer must look like, checked and with its gaps filled (contract 6.6). */
export interface OutputSchema {
  schema: JsonSchema;
  /** What the vendor is told that the format is called. */
  name: string;
  /** Whether the vendor is asked to hold the model to every word of it. */
  strict: boolean;
  /** What becomes of features that a vendor cannot express: dropped and told, or the request refused. */
  compat: "lossy" | "strict";
}

const Wrapper = z.object({
  schema: z.unknown(),
  name: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, "has 1 to 64 letters, digits, '_' or '-'")
    .nullish(),
  strict: z.boolean().nullish(),
  compat: z.enum(["lossy", "strict"]).nullish(),
  format: z.literal("meerkat_v1").nullish(),
});

/**
 * Reads a schema as a request, the config or `provider_params` brings it, raw or wrapped.
 * @throws {AppError} `INVALID_PARAMS` that names the place and what is allowed.
 */
export function readOutputSchema(input: unknown, parameter: string): OutputSchema {
  const bounded = OutputSchemaInput.safeParse(input);
  if (!bounded.success) throw refused(bounded.error, parameter);
  const raw = bounded.data;
  const wrapped = Wrapper.safeParse(isWrapper(raw) ? raw : { schema: raw });
  if (!wrapped.success) throw refused(wrapped.error, parameter);
  const { schema: root, name, strict, compat } = wrapped.data;
  if (!isSchema(root)) throw invalidSchema(parameter, "", "the schema must be a JSON object");

  const schema = completed(rooted(root));
  checkSoundness(schema, parameter);
  if (resolved(schema, schema)["type"] !== "object") {
    throw invalidSchema(parameter, "/type", 'the root must describe an object: "type": "object"');
  }
  return {
    schema,
    name: name ?? "output",
    strict: strict ?? false,
    compat: compat ?? "lossy",
  };
}

function isWrapper(raw: JsonSchema): boolean {
  if (!("schema" in raw)) return false;
  return raw["format"] === "meerkat_v1" || Object.keys(raw).every((key) => key in Wrapper.shape);
}

/** The root's own address says nothing here, and would change what references mean. */
function rooted({ $id: _address, ...root }: JsonSchema): JsonSchema {
  return "properties" in root && !("type" in root) ? { type: "object", ...root } : root;
}

/** Objects get the lists that some vendors insist on. */
function completed(schema: JsonSchema): JsonSchema {
  const copy = mapSubschemas(schema, completed);
  return copy["type"] === "object" ? { properties: {}, required: [], ...copy } : copy;
}

function refused({ issues: [issue] }: z.ZodError, parameter: string): AppError {
  const path = issue?.path.map((part) => `/${String(part)}`).join("") ?? "";
  return invalidSchema(parameter, path, issue?.message ?? "it is not a schema");
}
