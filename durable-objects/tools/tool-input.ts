import { Validator } from "@cfworker/json-schema";
import { checkSoundness } from "../providers/schema/soundness.ts";

/** A JSON Schema of an object. */
interface ArgumentsSchema {
  type: "object";
  [keyword: string]: unknown;
}

/** A schema of zod, Valibot or another library of the Standard Schema that can tell itself as JSON Schema. */
interface StandardInput<Args> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly types?: { readonly input: unknown; readonly output: Args } | undefined;
    readonly validate: (value: unknown) => Verdict<Args> | Promise<Verdict<Args>>;
    readonly jsonSchema: {
      readonly input: (options: { target: "draft-2020-12" }) => Record<string, unknown>;
    };
  };
}

type Verdict<Args> =
  | { readonly value: Args; readonly issues?: undefined }
  | { readonly issues: readonly Issue[] };

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Either kind of schema for a tool's arguments. */
export type ToolInput = ArgumentsSchema | StandardInput<unknown>;

/** What a tool is given: what its schema makes of the model's arguments. */
export type ArgsOf<Input> = Input extends { readonly "~standard": { readonly types?: infer Types } }
  ? NonNullable<Types> extends { readonly output: infer Args }
    ? Args
    : never
  : Record<string, unknown>;

/** Arguments that fit, or what is wrong with them, for the model to mend. */
type CheckedArgs = { args: unknown } | { problems: string };

/** What a tool takes: told to the model, and checked before each call. */
export interface InputCheck {
  jsonSchema: Record<string, unknown>;
  check: (args: unknown) => CheckedArgs | Promise<CheckedArgs>;
}

/** @throws {Error} for a schema that could not be checked, when the tool is defined */
export function inputCheck(input: ToolInput, toolName: string): InputCheck {
  return isStandard(input) ? standardCheck(input, toolName) : jsonCheck(input, toolName);
}

function isStandard(input: ToolInput): input is StandardInput<unknown> {
  return "~standard" in input;
}

function standardCheck({ "~standard": schema }: StandardInput<unknown>, name: string): InputCheck {
  const wanted = `tool '${name}': its input must describe an object and tell itself as JSON Schema`;
  // Older versions of some libraries validate, and no more.
  if (typeof schema.jsonSchema?.input !== "function") throw new Error(wanted);
  const jsonSchema = schema.jsonSchema.input({ target: "draft-2020-12" });
  if (jsonSchema["type"] !== "object") throw new Error(wanted);
  return {
    jsonSchema,
    async check(args) {
      const verdict = await schema.validate(args);
      if (!verdict.issues) return { args: verdict.value };
      return { problems: verdict.issues.map(told).join("\n") };
    },
  };
}

function told({ message, path = [] }: Issue): string {
  const keys = path.map((part) => String(typeof part === "object" ? part.key : part));
  return keys.length === 0 ? message : `${keys.join(".")}: ${message}`;
}

function jsonCheck(schema: ArgumentsSchema, name: string): InputCheck {
  if (schema.type !== "object") {
    throw new Error(`tool '${name}': its input must be a JSON Schema of an object`);
  }
  checkSoundness(schema, `input of tool '${name}'`);
  return {
    jsonSchema: schema,
    check(args) {
      // The validator writes into the schemas it reads.
      const validator = new Validator(structuredClone(schema), "2020-12", false);
      const { valid, errors } = validator.validate(args);
      if (valid) return { args };
      return { problems: errors.map((at) => `${at.instanceLocation}: ${at.error}`).join("\n") };
    },
  };
}
