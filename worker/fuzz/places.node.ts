import * as fc from "fast-check";
import { type Operation, operationList } from "../../sdk/contract/index.ts";
import type { Kind, Ref } from "./ids.node.ts";

// Of the realm that is pried into more often than of one's own.
const whose = fc.constantFrom<Ref["whose"]>("foreign", "foreign", "own");
const at = fc.nat({ max: 4 });

/** A place for a name of that kind. */
export function ref(kind: Kind, ...forms: NonNullable<Ref["form"]>[]): fc.Arbitrary<Ref> {
  const place = fc.record({ $: fc.constant(kind), whose, at });
  if (forms.length === 0) return place;
  const form = fc.option(fc.constantFrom(...forms), { nil: undefined });
  return fc
    .tuple(place, form)
    .map(([made, chosen]) =>
      chosen === undefined ? made : Object.assign({}, made, { form: chosen }),
    );
}

const locator = ref("session", "own realm", "foreign realm", "upper");
const scope = fc.record({ type: fc.constant("session"), session_id: locator });
const small = fc.nat({ max: 6 });
const config = fc.constantFrom({ agent: { max_tokens_per_turn: 2_048 } }, {});
const toolAnswer = fc.record({ tool_use_id: ref("toolCall"), content: fc.constant("42") });
const anyId = fc.oneof(ref("run"), ref("input"), ref("session"));

/** What goes where, by the names of the operations' parameters. */
const places: Record<string, fc.Arbitrary<unknown>> = {
  session_id: locator,
  session_ids: fc.array(ref("session"), { minLength: 1, maxLength: 3 }),
  scope,
  run_id: anyId,
  input_id: anyId,
  request_id: ref("request"),
  idempotency_key: ref("key"),
  realm_id: ref("realm"),
  tool_results: fc.array(toolAnswer, { minLength: 1, maxLength: 2 }),
  labels: fc.record({ about: ref("label") }),
  generation: fc.integer({ min: 1, max: 4 }),
  expected_generation: small,
  rewind_seq: fc.integer({ min: 1, max: 12 }),
  at: small,
  message_index: small,
  after: small,
  offset: small,
  limit: fc.integer({ min: 1, max: 50 }),
  turns: fc.integer({ min: 1, max: 2 }),
  config,
  patch: config,
  force: fc.boolean(),
  handling_mode: fc.constantFrom("queue", "steer"),
  prompt: fc.constant("hello"),
  model: fc.constant("demo"),
  initial_turn: fc.constantFrom("deferred", "run_immediately"),
  text: fc.constant("a note"),
  payload: fc.constant({ about: "nothing" }),
  provider: fc.constantFrom("openai", "gemini"),
  api_key: fc.constant("sk-of-nobody-0000000000"),
  scopes: fc.constant(["read"]),
  token_id: ref("tokenId"),
  from: fc.constantFrom("2026-01-01", "2026-11-01"),
  group_by: fc.constantFrom("day", "session", "label:about"),
};

// Here the same word means another thing.
const cursors: Record<string, fc.Arbitrary<unknown>> = {
  "events/list_since": fc.record({ scope, sequence: small }),
  "realms/list": fc.oneof(ref("realm"), fc.constant("")),
  "realms/repair": fc.oneof(ref("session"), fc.constant("")),
};

/** Parameters for an operation, with places wherever an id comes in. @throws {Error} for an id that is not known here */
function paramsFor(name: string, { input }: Operation): fc.Arbitrary<unknown> {
  const required: string[] = [];
  const model: Record<string, fc.Arbitrary<unknown>> = {};
  for (const [key, schema] of Object.entries(input.shape)) {
    const place = key === "cursor" ? cursors[name] : places[key];
    const isRequired = !schema.safeParse(undefined).success;
    // An operation that comes to name things must be pried at there, too.
    if (!place && (isRequired || /_ids?$|_key$|_token$|^cursor$|ticket/.test(key)))
      throw new Error(`places.node.ts does not know '${key}' of '${name}'`);
    if (place) model[key] = place;
    if (place && isRequired) required.push(key);
  }
  if (name === "session/create" || name === "turn/start") required.push("prompt", "model");
  const kept = required.filter((key) => key in model);
  return fc.record(model, { requiredKeys: kept }).map((params) => tame(name, params));
}

/** Without what would keep a turn waiting for ever, or end the world that the next cases need. */
function tame(name: string, params: Record<string, unknown>): Record<string, unknown> {
  const { handling_mode, tool_results, ...rest } = params;
  const isForeign = (place: unknown): place is Ref =>
    typeof place === "object" && place !== null && "whose" in place && place.whose === "foreign";
  if (name === "realms/delete" && !isForeign(rest.realm_id))
    return { ...rest, realm_id: { $: "realm", whose: "foreign", at: 0 } };
  // Of one's own turn that waits behind another the result would be waited for.
  if (name === "turn/result" && !isForeign(rest.session_id))
    return { ...rest, run_id: { $: "run", whose: "own", at: 0 } };
  if (name !== "turn/start") return params;
  if (tool_results !== undefined) {
    const { prompt: _none, ...answer } = rest;
    return { ...answer, tool_results };
  }
  return isForeign(rest.session_id) && handling_mode ? { ...rest, handling_mode } : rest;
}

/** An operation with its parameters, out of the whole table. */
export const asked: fc.Arbitrary<{ operation: string; params: unknown }> = fc.oneof(
  ...operationList.map(([operation, entry]) =>
    paramsFor(operation, entry).map((params) => ({ operation, params })),
  ),
);
