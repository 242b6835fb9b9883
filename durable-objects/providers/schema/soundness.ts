import { AppError } from "../../../sdk/contract/index.ts";
import { isInPlace, isSchema, type JsonSchema, pointer, subschemas } from "./walk.ts";

// Checks of one value that a schema may ask for. `allOf` of references to `allOf` of references doubles each time.
const MAX_CHECKS = 10_000;
const MAX_PATTERN_CHARS = 512;

/** Every schema within a schema, by its place as a reference names it, such as `#/$defs/point`. */
type Places = ReadonlyMap<string, JsonSchema>;

/**
 * Makes sure that checking a value against a schema ends, and ends soon: references stay inside and
 * lead somewhere, patterns compile, and nothing refers to itself without going down into the value.
 * @throws {AppError} `INVALID_PARAMS` that names the place.
 */
export function checkSoundness(root: JsonSchema, parameter: string): void {
  const places = placesOf(root);
  const costs = new Map<JsonSchema, number | "open">();
  for (const [place, schema] of places) {
    const refuse = (message: string) => invalidSchema(parameter, place.slice(1), message);
    checkKeywords(schema, places, refuse);
    if (costOf(schema, places, costs, refuse) > MAX_CHECKS) {
      throw refuse(`checking one value takes more than ${MAX_CHECKS} steps`);
    }
  }
}

/** Whether some schema holds itself, so that values of any depth fit it. */
export function isRecursive(root: JsonSchema): boolean {
  const places = placesOf(root);
  const states = new Map<JsonSchema, "open" | "done">();
  const visit = (schema: JsonSchema): boolean => {
    const state = states.get(schema);
    if (state) return state === "open";
    states.set(schema, "open");
    const inner = subschemas(schema).map((part) => part.schema);
    const isCyclic = [...inner, ...targetOf(schema, places)].some(visit);
    states.set(schema, "done");
    return isCyclic;
  };
  return visit(root);
}

/** The schema that a schema without a content of its own stands for. */
export function resolved(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const [target = schema] = targetOf(schema, placesOf(root));
  return target;
}

/** A refusal of a schema, with the place as a JSON Pointer. */
export function invalidSchema(parameter: string, path: string, message: string): AppError {
  const at = path === "" ? "" : ` at ${path}`;
  return new AppError("INVALID_PARAMS", `Invalid ${parameter}${at}: ${message}`, {
    parameter,
    path,
    reason: "invalid_output_schema",
  });
}

function placesOf(root: JsonSchema): Places {
  const places = new Map<string, JsonSchema>();
  const add = (schema: JsonSchema, path: readonly string[]): void => {
    places.set(`#${pointer(path)}`, schema);
    for (const part of subschemas(schema)) add(part.schema, [...path, ...part.path]);
  };
  add(root, []);
  return places;
}

/** What a schema refers to, if it does and that is here; references may be percent-encoded. */
function targetOf({ $ref }: JsonSchema, places: Places): JsonSchema[] {
  if (typeof $ref !== "string") return [];
  const target = places.get($ref) ?? places.get(decoded($ref));
  return target ? [target] : [];
}

function decoded(reference: string): string {
  try {
    return decodeURIComponent(reference);
  } catch {
    return reference;
  }
}

type Refuse = (message: string) => AppError;

function checkKeywords(schema: JsonSchema, places: Places, refuse: Refuse): void {
  const { $ref, pattern, patternProperties } = schema;
  for (const keyword of ["$dynamicRef", "$recursiveRef", "$id", "$anchor"]) {
    if (keyword in schema) throw refuse(`${keyword} is not supported: refer with #/$defs/…`);
  }
  if ($ref !== undefined && targetOf(schema, places).length === 0) {
    throw refuse(
      `the reference ${JSON.stringify($ref)} must lead to a schema within, as #/$defs/…`,
    );
  }
  const patterns = isSchema(patternProperties) ? Object.keys(patternProperties) : [];
  if (pattern !== undefined) patterns.push(typeof pattern === "string" ? pattern : "(");
  if (!patterns.every(isPattern)) {
    throw refuse(`a pattern is a regular expression of at most ${MAX_PATTERN_CHARS} characters`);
  }
}

function isPattern(pattern: string): boolean {
  try {
    return pattern.length <= MAX_PATTERN_CHARS && new RegExp(pattern, "u") instanceof RegExp;
  } catch {
    return false;
  }
}

/** How many schemas look at one value when this one does; each is counted once and remembered. */
function costOf(
  schema: JsonSchema,
  places: Places,
  costs: Map<JsonSchema, number | "open">,
  refuse: Refuse,
): number {
  const known = costs.get(schema);
  if (known === "open") throw refuse("it refers to itself without end");
  if (known !== undefined) return known;
  costs.set(schema, "open");
  const same = subschemas(schema).filter(({ keyword }) => isInPlace(keyword));
  const next = [...same.map((part) => part.schema), ...targetOf(schema, places)];
  const cost = next.reduce((sum, part) => sum + costOf(part, places, costs, refuse), 1);
  costs.set(schema, cost);
  return cost;
}
