import { AppError, type ProviderName } from "../../../sdk/contract/index.ts";
import type { SchemaWarning } from "../../../sdk/contract/output-schema.ts";
import { anthropicSchemas } from "./anthropic.ts";
import { geminiSchemas } from "./gemini.ts";
import { openaiSchemas } from "./openai.ts";
import type { OutputSchema } from "./output-schema.ts";
import { isRecursive } from "./soundness.ts";
import { type JsonSchema, mapSubschemas, pointer } from "./walk.ts";

/** The part of JSON Schema that a vendor can hold a model to. */
export interface SchemaDialect {
  /** Whether the vendor reads this keyword with this value. */
  reads(keyword: string, value: unknown): boolean;
  /** The same in words that the vendor reads, for what it knows under another name. */
  translated?(keyword: string, value: unknown): JsonSchema | undefined;
  /** Why a schema cannot be sent at all, not even with something left out. */
  obstacle(
    schema: JsonSchema,
    place: { isRoot: boolean; isRecursive: boolean },
  ): string | undefined;
  /** What the vendor wants every object to say. */
  completed(schema: JsonSchema): JsonSchema;
  /** Whether what it cannot hold a model to is sent as a plain wish instead of in words. */
  takesWishes: boolean;
}

/** The format that a vendor is asked for; its model is held to it as far as the vendor can. */
export interface OutputFormat {
  name: string;
  schema: JsonSchema;
  strict: boolean;
}

/** A schema as a vendor takes it. Without a format the model is told in words only. */
export interface LoweredSchema {
  format: OutputFormat | undefined;
  warnings: SchemaWarning[];
}

const dialects: Partial<Record<ProviderName, SchemaDialect>> = {
  anthropic: anthropicSchemas,
  openai: openaiSchemas,
  gemini: geminiSchemas,
};

/** Says nothing about values, so leaving it out loses nothing. */
const annotations = new Set(
  "$schema $comment title description default examples deprecated readOnly writeOnly".split(" "),
);
const shownAnnotations = new Set(["title", "description"]);

/** Puts a schema into a vendor's dialect of JSON Schema, as far as that goes. */
export function lowered(provider: ProviderName, output: OutputSchema): LoweredSchema {
  const { name, schema, strict, compat } = output;
  const dialect = dialects[provider];
  const asIs = { name, schema, strict };
  const isStrict = strict || compat === "strict";
  if (!dialect || (dialect.takesWishes && !isStrict)) return { format: asIs, warnings: [] };

  const lowering = new Lowering(provider, dialect, isRecursive(schema));
  const native = lowering.lower(schema, []);
  const { obstacles, losses } = lowering;
  if (obstacles.length === 0)
    return { format: { name, schema: native, strict: true }, warnings: losses };
  const wish = dialect.takesWishes ? { ...asIs, strict: false } : undefined;
  return { format: wish, warnings: obstacles };
}

class Lowering {
  readonly obstacles: SchemaWarning[] = [];
  readonly losses: SchemaWarning[] = [];
  readonly #provider: ProviderName;
  readonly #dialect: SchemaDialect;
  readonly #isRecursive: boolean;

  constructor(provider: ProviderName, dialect: SchemaDialect, isRecursive: boolean) {
    this.#provider = provider;
    this.#dialect = dialect;
    this.#isRecursive = isRecursive;
  }

  lower(schema: JsonSchema, path: readonly string[]): JsonSchema {
    const facts = { isRoot: path.length === 0, isRecursive: this.#isRecursive };
    const obstacle = this.#dialect.obstacle(schema, facts);
    if (obstacle) this.obstacles.push(this.#warning(path, obstacle));
    const kept = Object.entries(schema).flatMap(([keyword, value]) =>
      Object.entries(this.#keyword(schema, keyword, value, path)),
    );
    const inner = mapSubschemas(Object.fromEntries(kept), (part, at) =>
      this.lower(part, [...path, ...at]),
    );
    return this.#dialect.completed(inner);
  }

  #keyword(
    schema: JsonSchema,
    keyword: string,
    value: unknown,
    path: readonly string[],
  ): JsonSchema {
    const isAlone = !("$ref" in schema) || keyword === "$ref" || keyword.startsWith("$def");
    if (annotations.has(keyword)) {
      return isAlone && shownAnnotations.has(keyword) ? { [keyword]: value } : {};
    }
    // What stands beside a reference says nothing when it is empty, and no vendor reads it.
    if (isAlone && this.#dialect.reads(keyword, value)) return { [keyword]: value };
    const translated = isAlone ? this.#dialect.translated?.(keyword, value) : undefined;
    const message = translated
      ? `'${keyword}' is sent as '${Object.keys(translated).join("', '")}'; the answer is checked for it`
      : `'${keyword}' is not sent, because ${this.#provider} does not read it here; the answer is checked for it`;
    this.losses.push(this.#warning([...path, keyword], message));
    return translated ?? {};
  }

  #warning(path: readonly string[], message: string): SchemaWarning {
    return { provider: this.#provider, path: pointer(path), message };
  }
}

/**
 * Refuses what would be lost, where the request allows no loss.
 * @throws {AppError} `INVALID_PARAMS` that names the places.
 */
export function checkExpressible(provider: ProviderName, output: OutputSchema): void {
  const { warnings } = lowered(provider, output);
  if (output.compat === "lossy" || warnings.length === 0) return;
  const places = warnings.map(({ path }) => path || "/").join(", ");
  throw new AppError(
    "INVALID_PARAMS",
    `${provider} cannot hold a model to all of output_schema, as compat "strict" demands: ${places}`,
    { parameter: "output_schema", reason: "invalid_output_schema", schema_warnings: warnings },
  );
}
