import { describe, expect, it } from "vitest";
import { AppError, unknownTraits } from "../../../sdk/contract/index.ts";
import { chatBody } from "../openai-chat-request.ts";
import { checkAnswer } from "./answer.ts";
import { checkExpressible, lowered } from "./lowering.ts";
import { type OutputSchema, readOutputSchema } from "./output-schema.ts";

type Json = Record<string, unknown>;

const text = { type: "string" };

function object(properties: Json, more: Json = {}): Json {
  return { type: "object", properties, required: Object.keys(properties), ...more };
}

const closed = { additionalProperties: false };

function read(input: unknown): OutputSchema {
  return readOutputSchema(input, "output_schema");
}

/** The refusal that reading this ends in. */
function refusalOf(input: unknown): AppError {
  try {
    read(input);
  } catch (cause) {
    if (cause instanceof AppError) return cause;
    throw cause;
  }
  throw new Error("it was taken");
}

/** `allOf` of two references to the next one, so many levels deep. */
function doubling(levels: number): Json {
  const refer = (level: number): Json => ({ $ref: `#/$defs/d${level}` });
  const entries = Array.from({ length: levels }, (_, level): [string, Json] => [
    `d${level}`,
    level === levels - 1 ? text : { allOf: [refer(level + 1), refer(level + 1)] },
  ]);
  return object({ a: refer(0) }, { $defs: Object.fromEntries(entries) });
}

function nested(levels: number): Json {
  return levels === 0 ? text : object({ a: nested(levels - 1) });
}

describe("a schema to answer by", () => {
  it("is taken raw or wrapped", () => {
    const schema = object({ a: text });

    expect(read(schema)).toEqual({ schema, name: "output", strict: false, compat: "lossy" });
    expect(read({ schema, name: "place", strict: true, compat: "strict" })).toEqual({
      schema,
      name: "place",
      strict: true,
      compat: "strict",
    });
    expect(read({ schema, format: "meerkat_v1", more: 1 }).schema).toEqual(schema);
  });

  it("may have a property called schema without being a wrapper", () => {
    const schema = object({ schema: text });

    expect(read(schema).schema).toEqual(schema);
  });

  it("gets the lists of objects that it left out, at every depth", () => {
    const inner = { type: "object" };

    expect(read({ properties: { a: { type: "array", items: inner } } }).schema).toEqual({
      type: "object",
      properties: { a: { type: "array", items: { type: "object", properties: {}, required: [] } } },
      required: [],
    });
  });

  it.each([
    ["a list", []],
    ["a word", "object"],
    ["of a list", { type: "array", items: text }],
    ["of anything", {}],
    ["wrapped, a list", { schema: [] }],
    ["wrapped with a bad mode", { schema: object({}), compat: "loose" }],
    ["wrapped with a bad name", { schema: object({}), name: "a name" }],
    ["with a pattern that is none", object({ a: { type: "string", pattern: "(" } })],
    ["with a reference to nowhere", object({ a: { $ref: "#/$defs/b" } })],
    ["with a reference to elsewhere", object({ a: { $ref: "https://example.com/schema" } })],
    ["that refers to itself at once", object({ a: { $ref: "#/properties/a" } })],
    [
      "that goes round in its choices",
      object({ a: { anyOf: [text, { $ref: "#/properties/a" }] } }),
    ],
    ["that is only itself", { $ref: "#" }],
    ["whose check doubles with each reference", doubling(40)],
    ["that is too deep", nested(40)],
    ["that is much too deep", nested(2_000)],
    ["that is too large", object({ a: { type: "string", description: "x".repeat(70_000) } })],
  ])("%s is refused", (_, input) => {
    expect(refusalOf(input)).toMatchObject({
      code: "INVALID_PARAMS",
      message: expect.stringContaining("Invalid output_schema"),
      details: { parameter: "output_schema", reason: "invalid_output_schema" },
    });
  });

  it("may hold itself further down, which ends with the value", () => {
    const tree = object({ next: { type: "array", items: { $ref: "#" } } });
    const { schema } = read(tree);

    expect(checkAnswer(schema, '{"next":[{"next":[]}]}')).toMatchObject({ fits: true });
    expect(checkAnswer(schema, '{"next":[{"next":[1]}]}')).toMatchObject({ fits: false });
  });

  it("keeps a property called __proto__", () => {
    const schema = JSON.parse(
      '{"type":"object","properties":{"__proto__":{"type":"object"}},"required":["__proto__"]}',
    ) as Json;
    const { schema: ours } = read(schema);

    expect(checkAnswer(ours, '{"__proto__":{}}')).toMatchObject({ fits: true });
    expect(checkAnswer(ours, '{"__proto__":1}')).toMatchObject({ fits: false });
    expect(JSON.stringify(ours)).toContain('"__proto__":{"properties":{}');
  });
});

describe("an answer", () => {
  const { schema } = read(object({ a: { type: "integer", minimum: 2 } }, closed));

  it.each(['{"a":2}', ' {"a":3}\n', '```json\n{"a":2}\n```', '```\n{"a":2}```'])(
    "fits: %s",
    (said) => {
      expect(checkAnswer(schema, said).fits).toBe(true);
    },
  );

  it.each([
    ["", "not JSON"],
    ["Here: {}", "not JSON"],
    ["[]", 'Expected "object"'],
    ['{"a":1}', "#/a: 1 is less than 2."],
    ['{"a":2,"b":1}', "#/b"],
    [`{"a":${"[".repeat(50_000)}`, "not JSON"],
    [`{"a":2${" ".repeat(300_000)}}`, "262144 at most"],
  ])("does not fit, and says why: %s", (said, why) => {
    expect(checkAnswer(schema, said)).toEqual({
      fits: false,
      reason: expect.stringContaining(why) as unknown,
    });
  });
});

describe("what a vendor is told", () => {
  const wish = (schema: Json, more: Json = {}) => read({ schema, ...more });
  const rich = object(
    {
      name: { type: "string", minLength: 1, pattern: "^[a-z]+$" },
      kind: { oneOf: [{ const: "a" }, { const: "b" }] },
      size: { type: "number", minimum: 0, multipleOf: 2 },
      tags: { type: "array", items: text, minItems: 2, uniqueItems: true },
    },
    { $schema: "https://json-schema.org/draft/2020-12/schema", title: "Rich" },
  );
  const properties = {
    name: text,
    kind: { anyOf: [{ const: "a" }, { const: "b" }] },
    size: { type: "number" },
    tags: { type: "array", items: text },
  };

  it("anthropic: closed objects, and none of the limits of values", () => {
    const { format, warnings } = lowered("anthropic", wish(rich));

    expect(format?.schema).toEqual(object(properties, { title: "Rich", ...closed }));
    expect(warnings.map(({ path }) => path)).toEqual([
      "/properties/name/minLength",
      "/properties/name/pattern",
      "/properties/kind/oneOf",
      "/properties/size/minimum",
      "/properties/size/multipleOf",
      "/properties/tags/minItems",
      "/properties/tags/uniqueItems",
    ]);
  });

  it("openai: all of it as a wish, unless strict", () => {
    expect(lowered("openai", wish(rich))).toEqual({
      format: { name: "output", schema: rich, strict: false },
      warnings: [],
    });
    const { format, warnings } = lowered("openai", wish(rich, { strict: true, name: "rich" }));
    expect(format).toMatchObject({ name: "rich", strict: true, schema: closed });
    expect(format?.schema).toMatchObject({
      properties: { size: { minimum: 0 }, name: { pattern: "^[a-z]+$" }, tags: { minItems: 2 } },
    });
    expect(warnings.map(({ path }) => path)).toEqual([
      "/properties/name/minLength",
      "/properties/kind/oneOf",
      "/properties/tags/uniqueItems",
    ]);
  });

  it("openai: a wish after all when strict mode could not keep its meaning", () => {
    const schema = { type: "object", properties: { a: text }, required: [] };

    const { format, warnings } = lowered("openai", wish(schema, { strict: true }));

    expect(format).toEqual({ name: "output", schema, strict: false });
    expect(warnings).toMatchObject([{ path: "", message: expect.stringContaining("'a' is not") }]);
  });

  it("gemini: single values as lists of one", () => {
    const { format, warnings } = lowered("gemini", wish(rich));

    expect(format?.schema).toMatchObject({
      properties: {
        kind: { anyOf: [{ enum: ["a"] }, { enum: ["b"] }] },
        size: { minimum: 0 },
        tags: { minItems: 2 },
      },
    });
    expect(warnings.map(({ path }) => path)).toContain("/properties/size/multipleOf");
  });

  it.each([
    ["holds itself", object({ a: { type: "array", items: { $ref: "#" } } })],
    ["takes any key", object({ a: { type: "object", additionalProperties: text } })],
    ["takes any value", object({ a: {} })],
  ])("nothing but words by anthropic when the schema %s", (_, schema) => {
    const { format, warnings } = lowered("anthropic", wish(schema));

    expect(format).toBeUndefined();
    expect(warnings).toHaveLength(1);
  });

  it.each(["anthropic", "openai", "gemini"] as const)(
    'nothing by %s under compat "strict" when something would be lost',
    (provider) => {
      const schema = object({ a: { type: "object", patternProperties: { "^x": text } } });

      expect(() => checkExpressible(provider, wish(schema, { compat: "strict" }))).toThrow(
        /compat "strict"/,
      );
      const plain = object({ a: text, b: { type: "array", items: { enum: ["x"] } } }, closed);
      expect(lowered(provider, wish(plain, { compat: "strict" })).warnings).toEqual([]);
    },
  );

  it("a server of one's own: the schema as it is, in response_format", () => {
    const { format } = lowered("self_hosted", wish(rich, { name: "rich" }));
    const request = {
      model: "qwen3",
      traits: unknownTraits,
      system: undefined,
      messages: [],
      tools: [{ name: "t", description: "", inputSchema: {} }],
      mayNotCall: true,
      format,
      maxTokens: 10,
      temperature: 0,
      params: {},
      cacheKey: "s",
      timeouts: { headersMs: 1, idleMs: 1 },
    };

    const body = chatBody(request, "self_hosted");

    expect(body).not.toHaveProperty("tools");
    expect(body).toMatchObject({
      temperature: 0,
      response_format: {
        type: "json_schema",
        json_schema: { name: "rich", strict: false, schema: rich },
      },
    });
  });
});
