import { runDurableObjectAlarm } from "cloudflare:test";
import { v7 as uuidv7 } from "uuid";
import { describe, expect, it } from "vitest";
import {
  type AppError,
  type ConfigDocument,
  type RunResult,
  unpack,
} from "../../sdk/contract/index.ts";
import { failure } from "../providers/wire/anthropic.ts";
import { dialects } from "../providers/wire/dialects.ts";
import { chunks } from "../providers/wire/openai.ts";
import type { Reply } from "../providers/wire/script.ts";
import {
  configure,
  crash,
  eventsOf,
  messagesOf,
  newRealm,
  newSession,
  type TestSession,
  type Vendor,
  vendor,
  type VendorName,
} from "../test-support.ts";
import type { CreateRequest } from "./intake.ts";

type Json = Record<string, unknown>;

const vendors = ["anthropic", "openai", "gemini"] as const;
const city = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const paris = '{"city":"Paris"}';
const prose = "It is Paris.";

function says(name: VendorName, text: string): Reply {
  return { chunks: chunks(dialects[name].says(text)) };
}

const said = (text: string): Reply => says("anthropic", text);

/** A reply that begins and never ends. */
function stuck(text: string): Reply {
  return { chunks: chunks(dialects.anthropic.says(text).slice(0, 3)), end: "hang" };
}

function refusal(status: number, type: string, message: string): Reply {
  return { status, chunks: chunks([JSON.stringify(failure(type, message))]) };
}

async function start(
  model: Vendor,
  request: Partial<CreateRequest> = { output_schema: city },
  config?: ConfigDocument,
): Promise<{ session: TestSession; runId: string }> {
  const realmId = newRealm();
  if (config) await configure(realmId, config);
  const session = newSession(realmId);
  const runId = uuidv7();
  const turn = { prompt: "Where is the Louvre?", model: model.model, run_id: runId, ...request };
  await session.object().create(realmId, session.sessionId, turn);
  return { session, runId };
}

async function resultOf(session: TestSession, runId: string): Promise<RunResult> {
  return unpack(await session.object().result(runId));
}

async function next(session: TestSession, request: object = {}): Promise<RunResult> {
  const run_id = uuidv7();
  await session.object().startTurn({ run_id, prompt: "And now?", ...request });
  return resultOf(session, run_id);
}

async function failureOf(session: TestSession, runId: string): Promise<AppError> {
  const outcome = await resultOf(session, runId).catch((cause: unknown) => cause);
  return outcome as AppError;
}

async function bodies(model: Vendor): Promise<Json[]> {
  return (await model.requests()).map(({ body }) => JSON.parse(body) as Json);
}

async function typesOf(session: TestSession): Promise<string[]> {
  return (await eventsOf(session)).map(({ type }) => type);
}

/** Where each vendor's request holds the format of the answer. */
const formatIn: Record<VendorName, (body: Json) => unknown> = {
  anthropic: (body) => (body["output_config"] as Json | undefined)?.["format"],
  openai: (body) => (body["text"] as Json | undefined)?.["format"],
  gemini: (body) => (body["generationConfig"] as Json)["responseJsonSchema"],
};
const formatOf: Record<VendorName, Json> = {
  anthropic: { type: "json_schema", schema: city },
  openai: { type: "json_schema", name: "output", strict: false, schema: city },
  gemini: city,
};

describe("an answer that is wanted as JSON", () => {
  it.each(vendors)("is asked for once more in the format of %s", async (name) => {
    const model = await vendor(name, says(name, prose), says(name, paris));
    const { session, runId } = await start(model);

    const result = await resultOf(session, runId);

    expect(result).toMatchObject({ text: prose, structured_output: { city: "Paris" }, turns: 2 });
    expect(result.schema_warnings).toBeNull();
    expect(result).not.toHaveProperty("extraction_error");
    expect(result).not.toHaveProperty("terminal_cause_kind");
    const [asked = {}, extracting = {}] = await bodies(model);
    expect(formatIn[name](asked)).toBeUndefined();
    expect(formatIn[name](extracting)).toEqual(formatOf[name]);
    expect(extracting).not.toHaveProperty("tools");
    expect(dialects[name].order(JSON.stringify(extracting))).toEqual(["user", "assistant", "user"]);
  });

  it("is told before the one terminal event, and its call is told to nobody", async () => {
    const { session, runId } = await start(await vendor("anthropic", said(prose), said(paris)));

    await resultOf(session, runId);

    const events = await eventsOf(session);
    expect(events.map(({ type }) => type)).toEqual([
      "run_started",
      "turn_started",
      "text_delta",
      "text_complete",
      "turn_completed",
      "extraction_succeeded",
      "run_completed",
    ]);
    expect(events.at(-2)).toMatchObject({
      run_id: runId,
      session_id: session.sessionId,
      structured_output: { city: "Paris" },
    });
    expect(events.at(-1)).toMatchObject({
      result: prose,
      structured_output: { city: "Paris" },
      usage: { input_tokens: 24, output_tokens: 14 },
    });
    const messages = await messagesOf(session);
    expect(messages.map(({ role }) => role)).toEqual(["system", "user", "block_assistant"]);
  });

  it.each([paris, `\`\`\`json\n${paris}\n\`\`\``])(
    "is taken as it is when it fits: %s",
    async (text) => {
      const { session, runId } = await start(await vendor("anthropic", said(text)));

      expect(await resultOf(session, runId)).toMatchObject({
        text,
        turns: 1,
        structured_output: { city: "Paris" },
      });
      expect((await typesOf(session)).slice(-3)).toEqual([
        "turn_completed",
        "extraction_succeeded",
        "run_completed",
      ]);
    },
  );

  it("is asked for again with what was wrong, and the transcript stays as it was", async () => {
    const model = await vendor(
      "anthropic",
      said(prose),
      said('{"town":1}'),
      said("Paris!"),
      said(paris),
    );
    const { session, runId } = await start(model);

    expect(await resultOf(session, runId)).toMatchObject({
      structured_output: { city: "Paris" },
      turns: 4,
    });
    const requests = await model.requests();
    expect(requests[2]?.body).toMatch(/does not fit the schema.*does not have required property/);
    expect(requests[2]?.body).toContain(JSON.stringify('{"town":1}').slice(1, -1));
    expect(requests[3]?.body).toMatch(/Paris!.*is not JSON/);
    expect(await messagesOf(session)).toHaveLength(3);
  });

  it("may fail: the run completes, says why, and the session goes on", async () => {
    const model = await vendor(
      "anthropic",
      said(prose),
      said("no"),
      said("never"),
      said("Hello."),
      said("no"),
    );
    const request = { output_schema: city, structured_output_retries: 1 };
    const { session, runId } = await start(model, request);

    const result = await resultOf(session, runId);

    expect(result).toMatchObject({
      text: prose,
      structured_output: null,
      turns: 3,
      terminal_cause_kind: "structured_output_validation_failed",
      extraction_error: { attempts: 2, last_output: "never" },
    });
    expect(result.extraction_error?.reason).toContain("not JSON");
    const events = await eventsOf(session);
    expect(events.slice(-2)).toMatchObject([
      { type: "extraction_failed", attempts: 2, last_output: "never" },
      { type: "run_completed", result: prose },
    ]);
    const open = { type: "object", properties: {} };
    expect(
      await next(session, { output_schema: open, structured_output_retries: 0 }),
    ).toMatchObject({
      text: "Hello.",
      extraction_error: { attempts: 1 },
    });
  });

  it("is asked for in words when the vendor refuses the schema", async () => {
    const no = refusal(400, "invalid_request_error", "output_config: schema too complex");
    const model = await vendor("anthropic", said(prose), no, said(paris));
    const { session, runId } = await start(model);

    const result = await resultOf(session, runId);

    expect(result).toMatchObject({ structured_output: { city: "Paris" }, turns: 2 });
    expect(result.schema_warnings).toMatchObject([
      { provider: "anthropic", message: expect.stringContaining("schema too complex") },
    ]);
    const plain = (await bodies(model))[2] ?? {};
    expect(formatIn.anthropic(plain)).toBeUndefined();
    expect(JSON.stringify(plain)).toContain("The JSON Schema");
  });

  it("is asked for again when the stream breaks, without a complaint", async () => {
    const model = await vendor(
      "anthropic",
      said(prose),
      { ...stuck(paris), end: "close" },
      said(paris),
    );
    const { session, runId } = await start(model);

    expect(await resultOf(session, runId)).toMatchObject({
      structured_output: { city: "Paris" },
    });
    expect((await model.requests())[2]?.body).not.toContain("does not fit");
  });

  it("does not take the answer away when the vendor fails for good", async () => {
    const no = refusal(401, "authentication_error", "key revoked");
    const { session, runId } = await start(await vendor("anthropic", said(prose), no));

    expect(await resultOf(session, runId)).toMatchObject({
      text: prose,
      structured_output: null,
      extraction_error: { attempts: 1, last_output: "" },
    });
  });

  it("is not asked for beyond the run's budget", async () => {
    const model = await vendor("anthropic", said(prose));
    const { session, runId } = await start(model, {
      output_schema: city,
      budget_limits: { max_tokens: 10 },
    });

    expect(await resultOf(session, runId)).toMatchObject({
      text: prose,
      terminal_cause_kind: "budget_exhausted",
      extraction_error: { attempts: 0 },
    });
    expect(await model.requests()).toHaveLength(1);
  });

  it("keeps the tools only where the vendor needs them to read past calls", async () => {
    const call = { id: "call-1", name: "datetime", args: {} };
    for (const name of vendors) {
      const { calls } = dialects[name];
      const replies = [{ chunks: chunks(calls([call])) }, says(name, prose), says(name, paris)];
      const model = await vendor(name, ...replies);
      const request = { output_schema: city, enable_builtins: true };
      const { session, runId } = await start(model, request);

      expect(await resultOf(session, runId)).toMatchObject({ turns: 3, tool_calls: 1 });
      const extracting = (await bodies(model))[2] ?? {};
      if (name === "anthropic") expect(extracting["tool_choice"]).toEqual({ type: "none" });
      else expect(extracting).not.toHaveProperty("tools");
    }
  });
});

describe("a schema", () => {
  it("of the session holds for all its turns, and a turn's own wins for that turn", async () => {
    const land = { properties: { land: { type: "string" } }, required: ["land"] };
    const model = await vendor(
      "anthropic",
      said(paris),
      said('{"city":"Rome"}'),
      said('{"land":"Italy"}'),
      said('{"city":"Bern"}'),
    );
    const { session, runId } = await start(model);

    await resultOf(session, runId);
    expect(await next(session)).toMatchObject({ structured_output: { city: "Rome" } });
    expect(await next(session, { output_schema: land })).toMatchObject({
      structured_output: { land: "Italy" },
    });
    expect(await next(session)).toMatchObject({ structured_output: { city: "Bern" } });
  });

  it("of the session holds for its forks", async () => {
    const model = await vendor("anthropic", said(paris), said('{"city":"Rome"}'));
    const { session, runId } = await start(model);
    await resultOf(session, runId);
    const fork = newSession(session.realmId);

    const request = { from_session_id: session.sessionId, idempotency_key: uuidv7() };
    await fork.object().fork(fork.realmId, fork.sessionId, request);

    expect(await next(fork)).toMatchObject({ structured_output: { city: "Rome" } });
  });

  it("of a deferred create waits for the first turn", async () => {
    const model = await vendor("anthropic", said(paris));
    const session = newSession();
    const { realmId, sessionId } = session;
    const request = { model: model.model, output_schema: city };
    await session.object().create(realmId, sessionId, request);

    expect(await next(session)).toMatchObject({ structured_output: { city: "Paris" } });
  });

  it("of the realm's config holds for turns without one, with the config's own words", async () => {
    const agent = {
      output_schema: city,
      structured_output_retries: 0,
      extraction_prompt: "Nur JSON bitte.",
    };
    const model = await vendor("anthropic", said(prose), said("no"));
    const { session, runId } = await start(model, {}, { agent });

    expect(await resultOf(session, runId)).toMatchObject({
      extraction_error: { attempts: 1 },
    });
    expect((await model.requests())[1]?.body).toContain("Nur JSON bitte.");
  });

  it("that the provider cannot express is sent without what is lost, and that is told", async () => {
    const long = { ...city, properties: { city: { type: "string", minLength: 3 } } };
    const model = await vendor(
      "anthropic",
      said('{"city":"Pa"}'),
      said('{"city":"P"}'),
      said(paris),
    );
    const { session, runId } = await start(model, { output_schema: long });

    const result = await resultOf(session, runId);

    expect(result).toMatchObject({ structured_output: { city: "Paris" }, turns: 3 });
    expect(result.schema_warnings).toEqual([
      {
        provider: "anthropic",
        path: "/properties/city/minLength",
        message: expect.stringContaining("'minLength' is not sent") as unknown,
      },
    ]);
    const extracting = (await bodies(model))[1] ?? {};
    expect(formatIn.anthropic(extracting)).toEqual(formatOf.anthropic);
    expect(JSON.stringify(extracting)).toContain("minLength");
  });

  it('under compat "strict" is refused then, before anything is written or asked', async () => {
    const schema = { ...city, properties: { city: { type: "string", minLength: 3 } } };
    const model = await vendor("anthropic");
    const session = newSession();
    const request = {
      run_id: uuidv7(),
      prompt: "Hi",
      model: model.model,
      output_schema: { schema, compat: "strict" },
    };

    await expect(() =>
      session.object().create(session.realmId, session.sessionId, request),
    ).rejects.toMatchObject({
      code: "INVALID_PARAMS",
      details: { schema_warnings: [{ path: "/properties/city/minLength" }] },
    });
    await expect(() => session.object().read()).rejects.toMatchObject({
      code: "SESSION_NOT_FOUND",
    });
    expect(await model.requests()).toEqual([]);
  });

  it("in provider_params shapes the answer itself", async () => {
    const model = await vendor("anthropic", said(paris));
    const { session, runId } = await start(model, {
      provider_params: { structured_output: { schema: city, name: "place" } },
    });

    expect(await resultOf(session, runId)).toMatchObject({
      text: paris,
      structured_output: null,
      turns: 1,
    });
    expect(formatIn.anthropic((await bodies(model))[0] ?? {})).toEqual(formatOf.anthropic);
  });
});

describe("while JSON is asked for", () => {
  it("an interrupt ends the run, and the answer stays in the transcript", async () => {
    const model = await vendor("anthropic", said(prose), stuck(paris), said("Hello."), said("no"));
    const { session, runId } = await start(model);
    await model.requests(2);

    expect(await session.object().interrupt()).toMatchObject({ interrupted: true });

    expect(await failureOf(session, runId)).toMatchObject({ code: "REQUEST_CANCELLED" });
    expect((await eventsOf(session)).at(-1)).toMatchObject({ type: "run_failed", run_id: runId });
    expect(await messagesOf(session)).toMatchObject([
      { role: "system" },
      { role: "user" },
      { role: "block_assistant", blocks: [{ data: { text: prose } }] },
      { role: "block_assistant", stop_reason: "cancelled" },
    ]);
    expect(
      await next(session, {
        output_schema: { type: "object", properties: {} },
        structured_output_retries: 0,
      }),
    ).toMatchObject({ text: "Hello." });
  });

  it("a crash costs a model call, and neither the answer nor the tries before", async () => {
    const model = await vendor("anthropic", said(prose), said("no"), stuck(paris), said(paris));
    const { session, runId } = await start(model);
    await model.requests(3);

    await crash(session);
    expect(await runDurableObjectAlarm(session.stub())).toBe(true);

    expect(await resultOf(session, runId)).toMatchObject({
      text: prose,
      structured_output: { city: "Paris" },
      turns: 3,
    });
    const events = await eventsOf(session);
    const answered = events.find(({ type }) => type === "text_complete")?.seq;
    const restarted = events.find((event) => event.type === "step_restarted");
    expect(restarted).toMatchObject({ voided_from_seq: (answered ?? 0) + 1 });
    expect(events.filter(({ type }) => type === "run_completed")).toHaveLength(1);
    expect(await messagesOf(session)).toHaveLength(3);
    expect((await model.requests()).at(-1)?.body).toContain("is not JSON");
  });

  it("a prompt may join: the run goes on with it, and its answer is the one that counts", async () => {
    const held = {
      chunks: chunks(dialects.anthropic.says(paris)).map((chunk) => ({ ...chunk, gate: "json" })),
    };
    const model = await vendor("anthropic", said(prose), held, said('{"city":"Rome"}'));
    const { session, runId } = await start(model);
    await model.requests(2);

    await session
      .object()
      .startTurn({ run_id: uuidv7(), prompt: "I meant Italy", handling_mode: "steer" });
    await model.open("json");

    expect(await resultOf(session, runId)).toMatchObject({
      text: '{"city":"Rome"}',
      structured_output: { city: "Rome" },
      turns: 3,
    });
    const told = await typesOf(session);
    for (const once of ["turn_completed", "extraction_succeeded", "run_completed"]) {
      expect(told.filter((type) => type === once)).toHaveLength(1);
    }
    expect(dialects.anthropic.order((await model.requests())[2]?.body ?? "")).toEqual([
      "user",
      "assistant",
      "user",
    ]);
  });
});
