import { type OutputUnit, Validator } from "@cfworker/json-schema";
import type { JsonSchema } from "./walk.ts";

/** What a text that should be JSON turned out to be. */
export type CheckedAnswer = { fits: true; value: unknown } | { fits: false; reason: string };

// An event carries it, and every event is sent to every watcher.
const MAX_CHARS = 256 * 1024;
const MAX_COMPLAINTS = 5;
/** Complaints that only say that there are others below. */
const summaries = new Set(
  "properties additionalProperties items prefixItems patternProperties $ref allOf if then else".split(
    " ",
  ),
);

/** Reads a model's answer as JSON, without the code fence it may stand in, and checks it. Never throws. */
export function checkAnswer(schema: JsonSchema, text: string): CheckedAnswer {
  const [, fenced] = /^```\w*\s*\n([^]*?)\n?\s*```$/.exec(text.trim()) ?? [];
  if (text.length > MAX_CHARS) {
    const reason = `The answer has ${text.length} characters: the JSON may take ${MAX_CHARS} at most`;
    return { fits: false, reason };
  }
  let value: unknown;
  try {
    value = JSON.parse(fenced ?? text);
  } catch (cause) {
    return { fits: false, reason: `The answer is not JSON: ${(cause as SyntaxError).message}` };
  }
  try {
    // The validator writes into the schemas it reads.
    const validator = new Validator(structuredClone(schema), draftOf(schema), false);
    const { valid, errors } = validator.validate(value);
    return valid ? { fits: true, value } : { fits: false, reason: complaints(errors) };
  } catch (cause) {
    console.error("an answer could not be checked", cause);
    return { fits: false, reason: "The answer could not be checked against the schema" };
  }
}

function draftOf({ $schema }: JsonSchema): "4" | "7" | "2019-09" | "2020-12" {
  const text = String($schema);
  if (/draft-0[67]/.test(text)) return "7";
  if (text.includes("draft-04")) return "4";
  return text.includes("2019-09") ? "2019-09" : "2020-12";
}

function complaints(errors: readonly OutputUnit[]): string {
  const own = errors.filter(({ keyword }) => !summaries.has(keyword));
  const shown = (own.length > 0 ? own : errors).slice(0, MAX_COMPLAINTS);
  return shown.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`).join("\n");
}
