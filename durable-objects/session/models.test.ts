import { v7 as uuidv7 } from "uuid";
import { describe, expect, it } from "vitest";
import {
  type AppError,
  type ConfigDocument,
  type RunResult,
  unpack,
} from "../../sdk/contract/index.ts";
import { dialects, SEAL } from "../providers/wire/dialects.ts";
import { chatText, chunks } from "../providers/wire/openai.ts";
import type { RecordedRequest, Reply } from "../providers/wire/script.ts";
import {
  configure,
  crash,
  eventsOf,
  newRealm,
  newSession,
  type TestSession,
  vendor,
  type Vendor,
  type VendorName,
  Watch,
} from "../test-support.ts";
import type { CreateRequest } from "./intake.ts";

const names = ["anthropic", "openai", "gemini"] as const;
const once = { max_retries: 0 };

function says(name: VendorName, ...words: string[]): Reply {
  return { chunks: chunks(dialects[name].says(...words)) };
}

function failure(status: number, type: string, message: string): Reply {
  return { status, chunks: [{ data: JSON.stringify({ error: { type, message } }) }] };
}

const down = failure(529, "overloaded_error", "Overloaded");

async function start(config: ConfigDocument, request: Partial<CreateRequest>) {
  const realmId = newRealm();
  await configure(realmId, config);
  const session = newSession(realmId);
  const runId = uuidv7();
  const turn = { prompt: "Hello", run_id: runId, ...request };
  await session.object().create(realmId, session.sessionId, turn);
  return { session, runId };
}

/** How a run ended: its result, or the error that its caller gets. */
async function endOf(session: TestSession, runId: string): Promise<RunResult | AppError> {
  try {
    return await unpack(await session.object().result(runId));
  } catch (cause) {
    return cause as AppError;
  }
}

async function next(session: TestSession, request: object = {}): Promise<RunResult> {
  const run_id = uuidv7();
  await session.object().startTurn({ run_id, prompt: "And now?", ...request });
  return await unpack(await session.object().result(run_id));
}

async function bodies(model: Vendor): Promise<Record<string, unknown>[]> {
  return (await model.requests()).map(({ body }: RecordedRequest) => JSON.parse(body));
}

const params = { provider_params: { reasoning_effort: "low" } };
const call = { id: "call-1", name: "datetime", args: {} };

/** Every vendor after every vendor, itself with another model included. */
const pairs = names.flatMap((from) => names.map((to) => [from, to] as const));

describe("a session that goes on with another model", () => {
  it.each(pairs)("after %s shows %s words and calls, but no seals", async (from, to) => {
    const first = await vendor(
      from,
      { chunks: chunks(dialects[from].calls([call], "Hm.")) },
      { chunks: chunks(dialects[from].thinks("Hm.", "It is late.")) },
    );
    const second = await vendor(to, says(to, "Indeed."));
    const { model } = first;
    const { session, runId } = await start({}, { model, enable_builtins: true, ...params });
    await session.object().result(runId);

    expect(await next(session, { model: second.model })).toMatchObject({ text: "Indeed." });

    const body = (await second.requests())[0]?.body ?? "";
    expect(body).not.toContain(SEAL);
    expect(dialects[to].order(body).map((word) => word.replace("undefined", "call-1"))).toEqual([
      "user",
      "call call-1",
      "result call-1",
      "assistant",
      "user",
    ]);
  });

  it.each(names)("gives %s its own seals back when it returns", async (name) => {
    const model = await vendor(
      name,
      { chunks: chunks(dialects[name].thinks("Hm.", "One.")) },
      says(name, "Three."),
    );
    const other = await vendor("anthropic", says("anthropic", "Two."));
    const { session, runId } = await start({}, { model: model.model, ...params });
    await session.object().result(runId);
    await next(session, { model: other.model });
    await next(session, { model: model.model });

    expect((await model.requests()).at(-1)?.body).toContain(SEAL);
  });
});

describe("whose model it is", () => {
  const deferred = (config: ConfigDocument, request: Partial<CreateRequest>) => {
    const realmId = newRealm();
    const session = newSession(realmId);
    return configure(realmId, config).then(async () => {
      await session.object().create(realmId, session.sessionId, request);
      return session.object().read();
    });
  };

  it.each([
    ["claude-unheard-of", "anthropic"],
    ["gpt-5.2", "openai"],
    ["ChatGPT-latest", "openai"],
    ["o1-preview", "openai"],
    ["o3-mini", "openai"],
    ["o4-mini", "openai"],
    ["gemini-9", "gemini"],
    ["my-claude", "anthropic"],
    ["demo", "demo"],
  ])("follows from the name %s: %s", async (model, provider) => {
    const config = { models: { "my-claude": { provider: "anthropic" as const } } };
    expect(await deferred(config, { model })).toMatchObject({ model, provider });
  });

  it("is an error when nobody knows, or when the catalog knows better", async () => {
    await expect(deferred({}, { model: "llama3" })).rejects.toMatchObject({
      code: "INVALID_PARAMS",
      message: "Cannot infer provider from model 'llama3'",
    });
    await expect(deferred({}, { model: "toString" })).rejects.toMatchObject({
      code: "INVALID_PARAMS",
    });
    await expect(deferred({}, { model: "gpt-5.4", provider: "gemini" })).rejects.toMatchObject({
      message: "Model 'gpt-5.4' belongs to 'openai', not 'gemini'",
    });
  });

  it("and which it is without a name, is for the realm to say", async () => {
    expect(await deferred({ models: { anthropic: "claude-opus-5" } }, {})).toMatchObject({
      model: "claude-opus-5",
    });
    const gemini = {
      provider: { type: "gemini" as const },
      models: { gemini: "gemini-3.5-flash" },
    };
    expect(await deferred(gemini, {})).toMatchObject({ model: "gemini-3.5-flash" });
  });
});

function hosted(remote: string, api_style?: "responses"): ConfigDocument {
  return {
    self_hosted: {
      default_model: "mine",
      servers: { box: { base_url: "https://box.test/v1", ...(api_style && { api_style }) } },
      models: {
        mine: {
          server: "box",
          remote_model: remote,
          max_output_tokens: 50,
          supports_temperature: false,
        },
        lost: { server: "gone", remote_model: "x" },
      },
    },
  };
}

describe("a server of one's own", () => {
  const chat: Reply = { chunks: chunks(chatText("From my box.")) };

  it("is found by the alias, and called by the name that it knows", async () => {
    const model = await vendor("openai", chat);
    const { session, runId } = await start(hosted(model.model), {
      model: "mine",
      provider_params: { temperature: 1 },
    });

    expect(await session.object().result(runId)).toMatchObject({ text: "From my box." });

    expect(await session.object().read()).toMatchObject({ model: "mine", provider: "self_hosted" });
    const [body] = await bodies(model);
    expect(body).toMatchObject({ model: model.model, max_tokens: 50 });
    expect(body).not.toHaveProperty("temperature");
    expect((await model.requests())[0]?.path).toMatch(/\/v1\/chat\/completions$/);
  });

  it("may speak OpenAI's newer protocol", async () => {
    const model = await vendor("openai", says("openai", "From my box."));
    const { session, runId } = await start(hosted(model.model, "responses"), {
      provider: "self_hosted",
    });

    expect(await session.object().result(runId)).toMatchObject({ text: "From my box." });
    expect((await model.requests())[0]?.path).toMatch(/\/v1\/responses$/);
  });

  it("must be one that the config has", async () => {
    await expect(start(hosted("x"), { model: "lost" })).rejects.toMatchObject({
      code: "INVALID_PARAMS",
      message: "self_hosted.servers has no 'gone'",
    });
  });

  it("stands in for a vendor whose calls the realm sends there", async () => {
    const model = await vendor("anthropic", says("anthropic", "By the gateway."));
    const base_urls = { anthropic: "https://gateway.test" };
    const { session, runId } = await start({ providers: { base_urls } }, { model: model.model });

    expect(await session.object().result(runId)).toMatchObject({ text: "By the gateway." });
  });
});

describe("a fallback", () => {
  /** The run's own model is out; these come after it. */
  async function outage(own: Vendor, chain: unknown[], more: Partial<ConfigDocument> = {}) {
    // What a tenant writes is checked when it is written; here it is written past the check.
    const model_fallback = { chain } as ConfigDocument["model_fallback"];
    return start({ retry: once, model_fallback, ...more }, { model: own.model });
  }

  it("takes the turn over, says so, and leaves the session its model", async () => {
    const own = await vendor("anthropic", down, says("anthropic", "Back again."));
    const other = await vendor("openai", says("openai", "In its place."));
    const { session, runId } = await outage(own, [other.model]);

    expect(await session.object().result(runId)).toMatchObject({ text: "In its place." });

    const events = await eventsOf(session);
    expect(events.filter(({ type }) => type === "model_fallback")).toMatchObject([
      {
        from: { provider: "anthropic", model: own.model },
        to: { provider: "openai", model: other.model },
        reason: "overloaded",
      },
    ]);
    expect(await session.object().read()).toMatchObject({ model: own.model });
    expect(await next(session)).toMatchObject({ text: "Back again." });
  });

  it("comes after the retries, and stays for the rest of the turn", async () => {
    const own = await vendor("anthropic", down, down);
    const wanted = { chunks: chunks(dialects.gemini.calls([call])) };
    const other = await vendor("gemini", wanted, says("gemini", "Done."));
    const retry = { max_retries: 1, initial_delay: "1ms", max_delay: "2ms" };
    const { session, runId } = await outage(own, [other.model], {
      retry,
      tools: { builtins_enabled: true },
    });

    expect(await session.object().result(runId)).toMatchObject({ text: "Done.", turns: 2 });
    const told = (await eventsOf(session)).map(({ type }) => type);
    expect(told.filter((type) => type === "retrying" || type === "model_fallback")).toEqual([
      "retrying",
      "model_fallback",
    ]);
    expect(await own.requests()).toHaveLength(2);
  });

  it("is passed over when nobody can call it, and the last failure names all that were tried", async () => {
    const own = await vendor("anthropic", down);
    const other = await vendor("openai", failure(503, "server_error", "Down"));
    const chain = [{ model: "x", provider: "self_hosted" }, "llama3", own.model, other.model];
    const { session, runId } = await outage(own, chain);

    expect(await endOf(session, runId)).toMatchObject({
      code: "PROVIDER_ERROR",
      message: expect.stringMatching(
        `^All models failed: anthropic/${own.model} \\(.*529.*\\); openai/${other.model} \\(.*503.*\\)$`,
      ),
    });
    const told = (await eventsOf(session)).filter(({ type }) => type === "model_fallback");
    expect(told).toHaveLength(1);
  });

  it("never speaks after the first delta", async () => {
    const own = await vendor("anthropic", {
      chunks: chunks(dialects.anthropic.says("One ", "two.").slice(0, 3)),
      end: "reset",
    });
    const other = await vendor("openai", says("openai", "No."));
    const { session, runId } = await outage(own, [other.model]);

    expect(await endOf(session, runId)).toMatchObject({ code: "PROVIDER_ERROR" });
    expect(await other.requests()).toHaveLength(0);
  });

  it("does not answer a request that was wrong, or without leave", async () => {
    const other = await vendor("openai", says("openai", "No."), says("openai", "No."));
    const bad = await vendor("anthropic", failure(400, "invalid_request_error", "Bad"));
    const { session, runId } = await outage(bad, [other.model]);
    expect(await endOf(session, runId)).toMatchObject({ code: "PROVIDER_ERROR" });

    const own = await vendor("anthropic", down);
    const off = { model_fallback: { enabled: false, chain: [other.model] } };
    const second = await outage(own, [], off);
    expect(await endOf(second.session, second.runId)).toMatchObject({
      code: "PROVIDER_ERROR",
    });
    expect(await other.requests()).toHaveLength(0);
  });

  it("is kept by a turn that crashed on it", async () => {
    const own = await vendor("anthropic", down);
    const cut: Reply = { chunks: chunks(dialects.openai.says("Half").slice(0, 6)), end: "hang" };
    const other = await vendor("openai", cut, says("openai", "Whole."));
    const { session, runId } = await outage(own, [other.model]);
    await (await Watch.open(session, 0)).until("text_delta");

    await crash(session);

    expect(await session.object().result(runId)).toMatchObject({ text: "Whole." });
    expect(await own.requests()).toHaveLength(1);
  });

  it("is another vendor's default when the config leaves it to the catalog", async () => {
    const own = await vendor("anthropic", down);
    const other = await vendor("gemini", says("gemini", "By default."));
    const models = { gemini: other.model };
    const model_fallback = { use_catalog_default_chain: true };
    const { session, runId } = await start(
      { retry: once, models, model_fallback, providers: { base_urls: { openai: "http://a b" } } },
      { model: own.model },
    );

    expect(await session.object().result(runId)).toMatchObject({ text: "By default." });
  });
});
