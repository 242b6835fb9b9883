import { describe, expect, it } from "vitest";
import { newRealm } from "../../durable-objects/test-support.ts";
import { get, type Json, post, request, json } from "../test-support.ts";
import { McpTestClient } from "./mcp/test-client.ts";

const schema = {
  type: "object",
  properties: { city: { type: "string" }, people: { type: "integer", minimum: 3 } },
  required: ["city", "people"],
  additionalProperties: false,
};
const fits = { city: "demo", people: 3 };
// The demo script knows no patterns, so it never fits.
const hopeless = {
  ...schema,
  properties: { ...schema.properties, city: { type: "string", pattern: "^x" } },
};

/** How each surface creates a session and goes on with it; what it answers is the run's result. */
const surfaces = {
  REST: (realm: string) => ({
    create: async (body: Json) => (await post(`/realms/${realm}/sessions`, body)).body,
    turn: async ({ session_id, ...body }: Json) =>
      (await post(`/realms/${realm}/sessions/${String(session_id)}/messages`, body)).body,
  }),
  RPC: (realm: string) => ({
    create: (params: Json) => rpc(realm, "session/create", params),
    turn: (params: Json) => rpc(realm, "turn/start", params),
  }),
  MCP: (realm: string) => {
    const client = new McpTestClient({ era: "modern", realm });
    const call = async (name: string, args: Json): Promise<Json> => {
      const { result, error } = await client.ask("tools/call", { name, arguments: args });
      return result?.isError || error
        ? { error: result?.content?.[0]?.text ?? error }
        : payload(result);
    };
    return {
      create: (args: Json) => call("meerkat_run", args),
      turn: (args: Json) => call("meerkat_resume", args),
    };
  },
};

async function rpc(realm: string, method: string, params: Json): Promise<Json> {
  const message = { jsonrpc: "2.0", id: 1, method, params };
  const { body } = await post(`/realms/${realm}/rpc`, message);
  return (body["result"] ?? body) as Json;
}

function payload(result: { structuredContent?: Json } | undefined): Json {
  return result?.structuredContent ?? {};
}

describe.each(Object.entries(surfaces))("structured output over %s", (_, surface) => {
  const demo = { prompt: "Where is the Louvre?", model: "demo" };

  it("comes beside the text, on a create and on the turns after it", async () => {
    const { create, turn } = surface(newRealm());

    const created = await create({ ...demo, output_schema: schema });
    const { session_id } = created;
    const inherited = await turn({ session_id, prompt: "And now?" });
    const own = await turn({
      session_id,
      prompt: "And then?",
      output_schema: { schema: { properties: { a: { type: "boolean" } }, required: ["a"] } },
    });

    expect(created).toMatchObject({ structured_output: fits, schema_warnings: null, turns: 2 });
    expect(JSON.stringify(created)).toContain("This is the demo provider");
    expect(inherited).toMatchObject({ structured_output: fits });
    expect(own).toMatchObject({ structured_output: { a: false } });
  });

  it("may fail while the run succeeds", async () => {
    const { create } = surface(newRealm());

    expect(
      await create({ ...demo, output_schema: hopeless, structured_output_retries: 0 }),
    ).toMatchObject({
      structured_output: null,
      turns: 2,
      terminal_cause_kind: "structured_output_validation_failed",
      extraction_error: { attempts: 1, last_output: JSON.stringify(fits) },
    });
  });

  it.each([
    ["that is no object's", { type: "array" }],
    ["that never ends", { ...schema, allOf: [{ $ref: "#" }] }],
    ["that is a bomb", JSON.parse(`${'{"not":'.repeat(3_000)}{}${"}".repeat(3_000)}`) as Json],
  ])("refuses a schema %s, and leaves no session behind", async (what, output_schema) => {
    const realm = newRealm();
    const { create } = surface(realm);

    const refused = await create({ ...demo, output_schema });

    // What nests deeper than anything may is refused before anybody looks what it is.
    const named = what === "that is a bomb" ? "nested deeper than 64" : "output_schema";
    expect(JSON.stringify(refused)).toContain(named);
    expect(JSON.stringify(refused)).toMatch(/BAD_REQUEST|INVALID_PARAMS/);
    expect((await get<{ sessions: Json[] }>(`/realms/${realm}/sessions`)).body.sessions).toEqual(
      [],
    );
  });

  it.each([-1, 11, 1.5])("refuses %d retries", async (structured_output_retries) => {
    const { create } = surface(newRealm());

    const refused = await create({ ...demo, output_schema: schema, structured_output_retries });

    expect(JSON.stringify(refused)).toContain("structured_output_retries");
  });
});

describe("structured output", () => {
  it("is a capability", async () => {
    const { body } = await get<{ capabilities: Json[] }>("/capabilities");

    expect(body.capabilities).toContainEqual(
      expect.objectContaining({ id: "structured_output", status: "Available" }),
    );
  });

  it("can be told from a stored result", async () => {
    const realm = newRealm();
    const { body } = await post(`/realms/${realm}/sessions`, {
      prompt: "Hi",
      model: "demo",
      output_schema: schema,
    });
    const path = `/realms/${realm}/sessions/${String(body["session_id"])}`;
    await post(`${path}/messages`, { prompt: "Again" });

    expect((await get(`${path}/runs/${String(body["run_id"])}?after=1`)).body).toEqual(body);
  });

  it("may be the realm's default, whose schema is checked when it is written", async () => {
    const realm = newRealm();
    const config = (output_schema: Json) =>
      request("PATCH", `/realms/${realm}/config`, json({ agent: { output_schema } }));

    expect(await config({ type: "string" })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining("agent.output_schema") },
    });
    const odd = { properties: { maxTurns: { type: "integer" } }, required: ["maxTurns"] };
    expect(await config(odd)).toMatchObject({ status: 200 });

    const { body } = await post(`/realms/${realm}/sessions`, { prompt: "Hi", model: "demo" });
    expect(body).toMatchObject({ structured_output: { maxTurns: 0 } });
  });
});
