import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { dialects } from "../../durable-objects/providers/wire/dialects.ts";
import { chunks } from "../../durable-objects/providers/wire/openai.ts";
import type { Reply } from "../../durable-objects/providers/wire/script.ts";
import type { Vendor } from "../../durable-objects/test-support.ts";
import { newRealm, vendor } from "../../durable-objects/test-support.ts";
import { type Operation, operationList } from "../../sdk/contract/index.ts";
import { app } from "../app.ts";
import type { Answer, Json, Refusal } from "../test-support.ts";
import { EventReader, get, is, json, ORIGIN, post, request, send } from "../test-support.ts";

const { says } = dialects.anthropic;
const MIB = 1024 * 1024;

function reply(...words: string[]): Reply {
  return { chunks: chunks(says(...words)) };
}

/** A reply whose last words wait for the gate `rest`. */
function held(...words: string[]): Reply {
  const sent = chunks(says(...words));
  return { chunks: sent.map((chunk, at) => (at === 3 ? { ...chunk, gate: "rest" } : chunk)) };
}

interface Session {
  realm: string;
  id: string;
  path: string;
  model: Vendor;
}

/** A session that waits for its first turn, in a realm of its own. */
async function deferred(
  replies: Reply[] = [],
  body: Json = {},
  realm = newRealm(),
): Promise<Session> {
  const model = await vendor("anthropic", ...replies);
  const request = { initial_turn: "deferred", model: model.model, ...body };
  const created = await post<{ session_id: string }>(`/realms/${realm}/sessions`, request);
  const id = created.body.session_id;
  return { realm, id, path: `/realms/${realm}/sessions/${id}`, model };
}

interface History {
  message_count: number;
  has_more: boolean;
  messages: { role: string; content: unknown; blocks: unknown }[];
}

/** All that a client can see of a session; equal before and after means that nothing was left behind. */
async function traceOf(path: string): Promise<unknown> {
  const [info, history] = await Promise.all([get(path), get(`${path}/history`)]);
  const events = await EventReader.open(`${path}/events?after=0`);
  await events.until(({ comment }) => comment === "caught_up");
  await events.cut();
  return { info: info.body, history: history.body, events: events.told };
}

async function sessionsOf(realm: string): Promise<Json[]> {
  return (await get<{ sessions: Json[] }>(`/realms/${realm}/sessions`)).body.sessions;
}

/** How many objects hold anything: asking for what does not exist must not create it. */
async function objects(): Promise<number> {
  const lists = [await listDurableObjectIds(env.SESSIONS), await listDurableObjectIds(env.REALMS)];
  return lists.flat().length;
}

describe("POST /sessions", () => {
  it("creates a session, runs its first turn and answers with the result", async () => {
    const realm = newRealm();
    const model = await vendor("anthropic", reply("Par", "is."));

    const { status, body } = await post(`/realms/${realm}/sessions`, {
      prompt: "What is the capital of France?",
      model: model.model,
      system_prompt: "Be brief.",
      labels: { team: "infra" },
    });

    expect(status).toBe(200);
    expect(body).toEqual({
      session_id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/) as unknown,
      session_ref: `${realm}:${String(body["session_id"])}`,
      run_id: expect.any(String) as unknown,
      text: "Paris.",
      turns: 1,
      tool_calls: 0,
      usage: { input_tokens: 12, output_tokens: 7, total_tokens: 19 },
      structured_output: null,
      schema_warnings: null,
    });
    const [asked] = await model.requests();
    expect(JSON.parse(asked?.body ?? "")).toMatchObject({
      system: [{ text: "Be brief." }],
      messages: [{ role: "user", content: "What is the capital of France?" }],
    });
  });

  it("deferred answers with ids, asks no model, and puts its prompt before the first turn's", async () => {
    const { realm, id, path, model } = await deferred([reply("Hi.")], { prompt: "I am Ada." });

    expect(await get(path)).toMatchObject({
      body: { session_ref: `${realm}:${id}`, message_count: 2, is_active: false, state: "idle" },
    });
    expect(await model.requests()).toEqual([]);
    await post(`${path}/messages`, { prompt: "Who am I?" });

    expect((await model.requests())[0]?.body).toMatch(/I am Ada\..*Who am I\?/);
  });

  it("deferred needs no prompt", async () => {
    const { path } = await deferred([reply("Hi.")]);

    expect(await post(`${path}/messages`, { prompt: "Hello" })).toMatchObject({
      status: 200,
      body: { text: "Hi." },
    });
  });

  it("ignores fields it does not know", async () => {
    const { path } = await deferred([reply("Hi.")], { wild: { guess: 1 }, hooks_override: null });

    expect(await post(`${path}/messages`, { prompt: "Hello", mystery: true })).toMatchObject({
      status: 200,
    });
  });

  it("keeps a session whose first turn fails, and tells its id", async () => {
    const realm = newRealm();
    const model = await vendor(
      "anthropic",
      { status: 401, chunks: [{ data: "{}" }] },
      reply("Better."),
    );

    const { status, body } = await post<Refusal>(`/realms/${realm}/sessions`, {
      prompt: "Hello",
      model: model.model,
    });

    expect(status).toBe(500);
    expect(body).toMatchObject({
      code: "SESSION_CREATED_WITH_TURN_FAILURE",
      details: { session_created: true, resumable: true, turn_error_code: "PROVIDER_ERROR" },
    });
    const path = `/realms/${realm}/sessions/${String(body.details?.["session_id"])}`;
    expect(await post(`${path}/messages`, { prompt: "Again" })).toMatchObject({
      body: { text: "Better." },
    });
  });

  it("tells a first turn that was interrupted as cancelled", async () => {
    const realm = newRealm();
    const model = await vendor("anthropic", held("One ", "two."));
    const creating = post<Refusal>(`/realms/${realm}/sessions`, {
      prompt: "Go",
      model: model.model,
    });
    await model.requests(1);
    const [session] = await sessionsOf(realm);

    await post(`/realms/${realm}/sessions/${String(session?.["session_id"])}/interrupt`);

    expect(await creating).toMatchObject({
      status: 499,
      body: { code: "REQUEST_CANCELLED", details: { session_created: true } },
    });
  });
});

/** Requests to create that must be refused before anything is stored. */
const refusedCreates: [what: string, body: Json, code: string, status: number][] = [
  ["no prompt", {}, "BAD_REQUEST", 400],
  ["an empty prompt", { prompt: "" }, "BAD_REQUEST", 400],
  ["an empty list of blocks", { prompt: [] }, "BAD_REQUEST", 400],
  ["a prompt that is a number", { prompt: 7 }, "BAD_REQUEST", 400],
  ["a block of unknown type", { prompt: [{ type: "smell", text: "x" }] }, "BAD_REQUEST", 400],
  [
    "an image that is not base64",
    { prompt: [{ type: "image", media_type: "image/png", source: "inline", data: "&&&" }] },
    "BAD_REQUEST",
    400,
  ],
  ["an unknown model", { prompt: "x", model: "llama-99" }, "BAD_REQUEST", 400],
  [
    "a model of another vendor",
    { prompt: "x", model: "gpt-5.4", provider: "gemini" },
    "BAD_REQUEST",
    400,
  ],
  ["an unknown provider", { prompt: "x", provider: "acme" }, "BAD_REQUEST", 400],
  [
    "a vendor without a key or an address",
    { prompt: "x", model: "qwen3", provider: "self_hosted" },
    "PROVIDER_ERROR",
    502,
  ],
  ["max_tokens of 0", { prompt: "x", max_tokens: 0 }, "BAD_REQUEST", 400],
  ["the reserved label role", { prompt: "x", labels: { role: "x" } }, "BAD_REQUEST", 400],
  ["the reserved label mob_id", { prompt: "x", labels: { mob_id: "x" } }, "BAD_REQUEST", 400],
  [
    "the reserved label meerkat_id",
    { prompt: "x", labels: { meerkat_id: "x" } },
    "BAD_REQUEST",
    400,
  ],
  ["a label that is no string", { prompt: "x", labels: { team: 1 } }, "BAD_REQUEST", 400],
  ["an unknown initial_turn", { prompt: "x", initial_turn: "later" }, "BAD_REQUEST", 400],
];

describe("a refused creation", () => {
  it.each(refusedCreates)("for %s says so and leaves no session", async (_, body, code, status) => {
    const realm = newRealm();

    const refused = await post<Refusal>(`/realms/${realm}/sessions`, body);

    expect(refused).toMatchObject({ status, body: { code } });
    expect(refused.body.error).toMatch(/^\S.*[^.]$/);
    expect(await sessionsOf(realm)).toEqual([]);
  });

  it("names the variables that would help when a vendor has no key", async () => {
    const { body } = await post<Refusal>(`/realms/${newRealm()}/sessions`, {
      prompt: "x",
      model: "qwen3",
      provider: "self_hosted",
    });

    expect(body.details).toEqual({ provider: "self_hosted", set_one_of: ["SELF_HOSTED_BASE_URL"] });
  });

  it("for deferred sessions checks the model just the same", async () => {
    const realm = newRealm();

    const refused = await post(`/realms/${realm}/sessions`, {
      initial_turn: "deferred",
      model: "llama-99",
    });

    expect(refused).toMatchObject({ status: 400, body: { code: "BAD_REQUEST" } });
    expect(await sessionsOf(realm)).toEqual([]);
  });
});

const sessionRoutes = [
  ["GET", ""],
  ["DELETE", ""],
  ["GET", "/status"],
  ["GET", "/history"],
  ["GET", "/events"],
  ["POST", "/messages"],
  ["POST", "/interrupt"],
] as const;

describe.each(sessionRoutes)("%s /sessions/{id}%s", (method, suffix) => {
  const ask = async (realm: string, id: string): Promise<Answer<Refusal>> => {
    const init = method === "POST" ? json({ prompt: "Hello" }) : {};
    return await request<Refusal>(method, `/realms/${realm}/sessions/${id}${suffix}`, init);
  };

  it("does not find a session that nobody created, and creates nothing", async () => {
    const realm = newRealm();

    const refused = await ask(realm, crypto.randomUUID());

    expect(refused).toMatchObject({ status: 404, body: { code: "SESSION_NOT_FOUND" } });
    expect(await sessionsOf(realm)).toEqual([]);
  });

  it.each(["nonsense", "0193", "a:b:c", "%20", "0193c9a1-0000-7000-8000-00000000000g"])(
    "refuses %j as an id",
    async (id) => {
      const refused = await ask(newRealm(), id);

      expect(refused).toMatchObject({ status: 400, body: { code: "BAD_REQUEST" } });
      expect(refused.body.error).toMatch(/^Invalid session locator/);
    },
  );

  it("refuses a reference into another realm, naming both", async () => {
    const { realm, id } = await deferred();
    const other = newRealm();

    const refused = await ask(other, `${realm}:${id}`);

    expect(refused).toMatchObject({ status: 400, body: { code: "BAD_REQUEST" } });
    expect(refused.body.error).toContain(realm);
    expect(refused.body.error).toContain(other);
  });

  it("does not find another realm's session", async () => {
    const { id } = await deferred();

    expect(await ask(newRealm(), id)).toMatchObject({ status: 404 });
  });

  it("takes a reference and an id in capitals", async () => {
    const { realm, id } = await deferred([reply("Hi.")]);
    const path = `/realms/${realm}/sessions/${realm}:${id.toUpperCase()}${suffix}`;

    const response = await send(path, {
      method,
      ...(method === "POST" ? json({ prompt: "Hello" }) : {}),
    });

    expect(response.status).toBe(200);
    await response.body?.cancel();
  });
});

describe("POST /sessions/{id}/messages", () => {
  it("runs the next turn on all that was said before", async () => {
    const { path, model } = await deferred([reply("One."), reply("Two.")]);
    await post(`${path}/messages`, { prompt: "First" });

    const { status, body } = await post(`${path}/messages`, { prompt: "Second" });

    expect(status).toBe(200);
    expect(body).toMatchObject({ text: "Two.", usage: { total_tokens: 38 } });
    expect(dialects.anthropic.order((await model.requests())[1]?.body ?? "")).toEqual([
      "user",
      "assistant",
      "user",
    ]);
  });

  it("takes the path's id in the body, with or without the realm", async () => {
    const { path, id, realm } = await deferred([reply("One."), reply("Two.")]);

    for (const session_id of [id, `${realm}:${id}`]) {
      expect(await post(`${path}/messages`, { session_id, prompt: "Hello" })).toMatchObject({
        status: 200,
      });
    }
  });

  it("refuses another id in the body, and states both", async () => {
    const { path, id } = await deferred();
    const before = await traceOf(path);
    const other = crypto.randomUUID();

    const refused = await post<Refusal>(`${path}/messages`, { session_id: other, prompt: "Hello" });

    expect(refused).toMatchObject({ status: 400, body: { code: "BAD_REQUEST" } });
    expect(refused.body.error).toContain(id);
    expect(refused.body.error).toContain(other);
    expect(await traceOf(path)).toEqual(before);
  });

  it("is refused while a turn runs, and leaves no trace", async () => {
    const { path, model } = await deferred([held("One ", "two.")]);
    const running = post(`${path}/messages`, { prompt: "First" });
    await model.requests(1);
    const feed = await EventReader.open(`${path}/events?after=0`);
    await feed.until(is("text_delta"));

    const refused = await post(`${path}/messages`, { prompt: "Second" });

    expect(refused).toMatchObject({ status: 409, body: { code: "SESSION_BUSY" } });
    expect(await get(`${path}/status`)).toMatchObject({ body: { state: "running" } });
    await model.open("rest");
    expect(await running).toMatchObject({ status: 200, body: { text: "One two." } });
    const { body } = await get<History>(`${path}/history`);
    expect(body.messages.map(({ role }) => role)).toEqual(["system", "user", "block_assistant"]);
    expect(JSON.stringify(await traceOf(path))).not.toContain("Second");
    await feed.cut();
  });

  const refusedTurns: [what: string, init: RequestInit, status: number][] = [
    ["no prompt", json({}), 400],
    ["a body that is not JSON", { ...json({}), body: "{prompt: 1" }, 400],
    ["a JSON list", { ...json({}), body: "[]" }, 400],
    ["a JSON string", { ...json({}), body: '"prompt"' }, 400],
    ["no content type", { body: new Blob(['{"prompt":"x"}']) }, 400],
    [
      "the content type of a form",
      { headers: { "content-type": "text/plain" }, body: '{"prompt":"x"}' },
      400,
    ],
    ["an unknown model", json({ prompt: "x", model: "llama-99" }), 400],
    [
      "a vendor without an address",
      json({ prompt: "x", model: "q", provider: "self_hosted" }),
      502,
    ],
  ];

  it.each(refusedTurns)("with %s is refused and leaves no trace", async (_, init, status) => {
    const { path, model } = await deferred([reply("Hi.")]);
    const before = await traceOf(path);

    const refused = await request<Refusal>("POST", `${path}/messages`, init);

    expect(refused.status).toBe(status);
    expect(refused.body.code).toBe(status === 400 ? "BAD_REQUEST" : "PROVIDER_ERROR");
    expect(await traceOf(path)).toEqual(before);
    expect(await model.requests()).toEqual([]);
  });

  it("switches the session's model for good", async () => {
    const { path } = await deferred([]);
    const gpt = await vendor(
      "openai",
      {
        chunks: chunks(dialects.openai.says("I am GPT.")),
      },
      { chunks: chunks(dialects.openai.says("Still.")) },
    );

    await post(`${path}/messages`, { prompt: "Who?", model: gpt.model });

    expect(await post(`${path}/messages`, { prompt: "Who?" })).toMatchObject({
      body: { text: "Still." },
    });
    expect(await get(path)).toMatchObject({ body: { model: gpt.model, provider: "openai" } });
  });
});

describe("a large body", () => {
  const image = (bytes: number) => ({
    type: "image",
    media_type: "image/png",
    source: "inline",
    data: "iVBORw0K".repeat(bytes / 8),
  });

  it("over 32 MiB is refused, announced or not, and leaves no trace", async () => {
    const { path } = await deferred();
    const before = await traceOf(path);
    const body = JSON.stringify({ prompt: "x".repeat(32 * MIB) });

    const announced = await request<Refusal>("POST", `${path}/messages`, {
      ...json({}),
      body,
    });
    const streamed = await request<Refusal>("POST", `${path}/messages`, {
      ...json({}),
      body: new Blob([body]).stream(),
    });

    for (const refused of [announced, streamed]) {
      expect(refused).toMatchObject({
        status: 413,
        body: { code: "PAYLOAD_TOO_LARGE", details: { max_bytes: 32 * MIB } },
      });
    }
    expect(await traceOf(path)).toEqual(before);
  });

  it("of 30 MiB of images works and is read back whole", async () => {
    const { path, model } = await deferred([reply("Nice."), reply("Two pictures.")]);
    const prompt = [
      { type: "text", text: "Look: 👋 世界" },
      image(15 * MIB),
      image(15 * MIB - 1024),
    ];

    const { status, body } = await post(`${path}/messages`, { prompt });

    expect({ status, text: body["text"] }).toEqual({ status: 200, text: "Nice." });
    const history = await get<History>(`${path}/history`);
    const [, user] = history.body.messages;
    // Compared by hand: a failing comparison of such values would print them.
    expect(JSON.stringify(user?.content) === JSON.stringify(prompt)).toBe(true);
    expect((await model.requests())[0]?.body.length).toBeGreaterThan(30 * MIB - 2048);
    const events = await EventReader.open(`${path}/events?after=0`);
    const started = await events.until(is("run_started"));
    expect(started.data["prompt"]).toBe("Look: 👋 世界\n[image: image/png]\n[image: image/png]");
    await events.cut();
    expect(await post(`${path}/messages`, { prompt: "What was it?" })).toMatchObject({
      body: { text: "Two pictures." },
    });
  });

  it.each([
    ["Latin", "x".repeat(20 * MIB)],
    ["Latin with one Chinese letter", `世${"x".repeat(20 * MIB)}`],
  ])("of 20 MiB of %s text works, is read back whole and can be watched", async (_, prompt) => {
    const { path } = await deferred([reply("Long.")]);

    const { status } = await post(`${path}/messages`, { prompt });

    expect(status).toBe(200);
    const history = await get<History>(`${path}/history`);
    expect(history.body.messages[1]?.content === prompt).toBe(true);
    const events = await EventReader.open(`${path}/events?after=0`);
    expect(await events.until(is("run_completed"))).toMatchObject({ data: { result: "Long." } });
    await events.cut();
  });
});

describe("GET /sessions/{id}", () => {
  it("shows what a list and a status need, with times in words", async () => {
    const { path, id, realm, model } = await deferred([reply("Hi.")], {
      labels: { team: "infra" },
    });
    await post(`${path}/messages`, { prompt: "Hello" });

    const { body } = await get(path);

    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as unknown;
    expect(body).toEqual({
      session_id: id,
      session_ref: `${realm}:${id}`,
      created_at: time,
      updated_at: time,
      message_count: 3,
      total_tokens: 19,
      is_active: false,
      state: "idle",
      model: model.model,
      provider: "anthropic",
      labels: { team: "infra" },
      usage: { input_tokens: 12, output_tokens: 7, total_tokens: 19 },
      last_assistant_text: "Hi.",
      last_seq: expect.any(Number) as unknown,
    });
    expect(await get(`${path}/status`)).toMatchObject({
      body: { session_id: id, state: "idle" },
    });
  });
});

describe("GET /sessions/{id}/history", () => {
  it("pages through the transcript, oldest first", async () => {
    const { path } = await deferred([reply("One."), reply("Two.")]);
    await post(`${path}/messages`, { prompt: "First" });
    await post(`${path}/messages`, { prompt: "Second" });

    const whole = await get<History>(`${path}/history`);
    const page = await get<History>(`${path}/history?offset=1&limit=2`);
    const beyond = await get<History>(`${path}/history?offset=99`);
    const none = await get<History>(`${path}/history?limit=0`);

    expect(whole.body).toMatchObject({ message_count: 5, offset: 0, limit: null, has_more: false });
    expect(whole.body.messages.map(({ role }) => role)).toEqual([
      "system",
      "user",
      "block_assistant",
      "user",
      "block_assistant",
    ]);
    expect(page.body).toMatchObject({ offset: 1, limit: 2, has_more: true });
    expect(page.body.messages).toEqual(whole.body.messages.slice(1, 3));
    expect(beyond.body).toMatchObject({ offset: 5, has_more: false, messages: [] });
    expect(none.body).toMatchObject({ limit: 0, has_more: true, messages: [] });
  });

  it.each(["offset=-1", "limit=-1", "offset=x", "limit=1.5", "limit=1001"])(
    "refuses ?%s",
    async (query) => {
      const { path } = await deferred();

      expect(await get(`${path}/history?${query}`)).toMatchObject({
        status: 400,
        body: { code: "BAD_REQUEST" },
      });
    },
  );

  it("hides what only the vendor can read", async () => {
    const { path } = await deferred([{ chunks: chunks(dialects.anthropic.thinks("Hm.", "Yes.")) }]);
    await post(`${path}/messages`, { prompt: "Hello" });

    const { body } = await get<History>(`${path}/history`);

    expect(body.messages[2]?.blocks).toEqual([
      { block_type: "reasoning", data: { text: "Hm." } },
      { block_type: "text", data: { text: "Yes." } },
    ]);
    expect(JSON.stringify(body)).not.toContain("c2VhbGVk");
  });
});

describe("GET /sessions", () => {
  it("lists a realm's sessions, the one used last first, without those that are archived", async () => {
    const realm = newRealm();
    const a = await deferred([reply("A.")], {}, realm);
    const b = await deferred([], {}, realm);
    const c = await deferred([], {}, realm);
    await request("DELETE", b.path);
    await post(`${a.path}/messages`, { prompt: "Hello" });

    const sessions = await sessionsOf(realm);

    const ids = sessions.map(({ session_id }) => session_id);
    expect(new Set(ids)).toEqual(new Set([a.id, c.id]));
    const order = (one: Json, other: Json) =>
      Number(other["updated_at"]) - Number(one["updated_at"]) ||
      String(one["session_id"]).localeCompare(String(other["session_id"]));
    expect(sessions).toEqual(sessions.toSorted(order));
    expect(sessions.find(({ session_id }) => session_id === a.id)).toEqual({
      session_id: a.id,
      session_ref: `${realm}:${a.id}`,
      created_at: expect.any(Number) as unknown,
      updated_at: expect.any(Number) as unknown,
      message_count: 3,
      total_tokens: 19,
      is_active: false,
      state: "idle",
      model: a.model.model,
      provider: "anthropic",
    });
  });

  it("shows a running session as active", async () => {
    const { realm, path, model } = await deferred([held("One ", "two.")]);
    const running = post(`${path}/messages`, { prompt: "Go" });
    await model.requests(1);

    expect(await sessionsOf(realm)).toMatchObject([{ is_active: true, state: "running" }]);

    await model.open("rest");
    await running;
    expect(await sessionsOf(realm)).toMatchObject([{ is_active: false, state: "idle" }]);
  });

  it("filters by all given labels, and pages what is left", async () => {
    const realm = newRealm();
    const make = (labels: Json) => deferred([], { labels }, realm);
    const a = await make({ team: "infra", tier: "1" });
    const b = await make({ team: "infra", tier: "2" });
    await make({ team: "web" });
    const ids = async (query: string): Promise<unknown[]> => {
      const { body } = await get<{ sessions: Json[] }>(`/realms/${realm}/sessions?${query}`);
      return body.sessions.map(({ session_id }) => session_id);
    };

    expect(new Set(await ids("label=team=infra"))).toEqual(new Set([a.id, b.id]));
    expect(await ids("label=team=infra&label=tier=2")).toEqual([b.id]);
    expect(await ids("label=team=infra&label=tier=3")).toEqual([]);
    expect(await ids("label=team=")).toEqual([]);
    const [first] = await ids("limit=1");
    const [second] = await ids("limit=1&offset=1");
    expect(await ids("limit=2")).toEqual([first, second]);
    expect(await ids("offset=3")).toEqual([]);
  });

  it.each(["label=team", "label==x", "limit=-1", "limit=x", "offset=-1", "offset=1.5"])(
    "refuses ?%s",
    async (query) => {
      expect(await get(`/realms/${newRealm()}/sessions?${query}`)).toMatchObject({
        status: 400,
        body: { code: "BAD_REQUEST" },
      });
    },
  );
});

describe("POST /sessions/{id}/interrupt", () => {
  it("ends the running turn, whose caller is told, and says where", async () => {
    const { path, id, model } = await deferred([held("One ", "two."), reply("Hi.")]);
    const running = post(`${path}/messages`, { prompt: "Go" });
    const feed = await EventReader.open(`${path}/events?after=0`);
    await feed.until(is("text_delta"));

    const { status, body } = await post(`${path}/interrupt`);

    const failed = await feed.until(is("run_failed"));
    expect({ status, body }).toEqual({
      status: 200,
      body: { session_id: id, interrupted: true, result: "interrupted", seq: failed.data.seq },
    });
    expect(await running).toMatchObject({ status: 499, body: { code: "REQUEST_CANCELLED" } });
    expect(await post(`${path}/messages`, { prompt: "Hello" })).toMatchObject({ status: 200 });
    await model.open("rest");
    await feed.cut();
  });

  it("succeeds on an idle session and does nothing", async () => {
    const { path, id } = await deferred();
    const before = await traceOf(path);

    expect(await post(`${path}/interrupt`)).toMatchObject({
      status: 200,
      body: { session_id: id, interrupted: false, result: "staged_noop" },
    });
    expect(await traceOf(path)).toEqual(before);
  });
});

describe("an archived session", () => {
  it("is gone for everything but its history", async () => {
    const { path, id, realm } = await deferred([reply("Hi.")]);
    await post(`${path}/messages`, { prompt: "Hello" });

    expect(await request("DELETE", path)).toMatchObject({
      status: 200,
      body: { session_id: id, archived: true },
    });

    const gone = { status: 404, body: { code: "SESSION_NOT_FOUND" } };
    expect(await request("DELETE", path)).toMatchObject(gone);
    expect(await get(path)).toMatchObject(gone);
    expect(await get(`${path}/status`)).toMatchObject(gone);
    expect(await get(`${path}/events`)).toMatchObject(gone);
    expect(await post(`${path}/messages`, { prompt: "Hello" })).toMatchObject(gone);
    expect(await post(`${path}/interrupt`)).toMatchObject(gone);
    expect(await sessionsOf(realm)).toEqual([]);
    expect(await get<History>(`${path}/history`)).toMatchObject({
      status: 200,
      body: { message_count: 3 },
    });
  });

  it("was interrupted first if a turn ran", async () => {
    const { path, model } = await deferred([held("One ", "two.")]);
    const running = post(`${path}/messages`, { prompt: "Go" });
    await model.requests(1);

    await request("DELETE", path);

    expect(await running).toMatchObject({ status: 499, body: { code: "REQUEST_CANCELLED" } });
    expect(await model.requests("aborted")).toMatchObject([{ aborted: true }]);
  });
});

describe("a realm", () => {
  it("is chosen by path, by header, or by default, and these agree", async () => {
    const { realm, id } = await deferred();
    const header = { headers: { "x-meerkat-realm": realm } };

    expect(await request("GET", `/sessions/${id}`, header)).toMatchObject({ status: 200 });
    expect(await request("GET", `/realms/${realm}/sessions/${id}`, header)).toMatchObject({
      status: 200,
    });
    expect(await get("/config")).toMatchObject({ body: { realm_id: "default" } });
    expect(await get(`/sessions/${id}`)).toMatchObject({ status: 404 });
  });

  it("named differently by path and header is refused", async () => {
    const [path, header] = [newRealm(), newRealm()];

    const refused = await request<Refusal>("GET", `/realms/${path}/sessions`, {
      headers: { "x-meerkat-realm": header },
    });

    expect(refused).toMatchObject({ status: 400, body: { code: "BAD_REQUEST" } });
    expect(refused.body.error).toContain(path);
    expect(refused.body.error).toContain(header);
  });

  it.each([
    "-a",
    "_a",
    "a.b",
    "a:b",
    "a b",
    "ä",
    "x".repeat(65),
    "0193c9a1-0000-7000-8000-000000000000",
  ])("may not be called %j", async (name) => {
    const before = await objects();

    const byPath = await get(`/realms/${encodeURIComponent(name)}/config`);

    expect(byPath).toMatchObject({ status: 400, body: { code: "BAD_REQUEST" } });
    expect(await objects()).toBe(before);
  });
});

describe("the deployment", () => {
  it("is healthy", async () => {
    const response = await send("/health");

    expect(response.status).toBe(200);
    expect(await response.text()).toBe("ok");
  });

  it("tells its capabilities and which vendors have keys", async () => {
    const { body } = await get<{ capabilities: Json[]; providers: Json[] }>("/capabilities");

    expect(body).toMatchObject({ contract_version: { major: 0 } });
    expect(body.capabilities).toContainEqual(
      expect.objectContaining({ id: "sessions", status: "Available" }),
    );
    expect(body.capabilities).toContainEqual(
      expect.objectContaining({ id: "session_compaction", status: "Available" }),
    );
    expect(body.providers).toContainEqual({
      provider: "anthropic",
      configured: true,
      is_default: true,
    });
    expect(body.providers).toContainEqual({
      provider: "self_hosted",
      configured: false,
      is_default: false,
    });
    expect(body.providers).toContainEqual({
      provider: "demo",
      configured: true,
      is_default: false,
    });
    expect(JSON.stringify(body)).not.toMatch(/sk-|AIza/);
  });

  it("lists its models", async () => {
    const { body } = await get<{ providers: { provider: string; models: Json[] }[] }>(
      "/models/catalog",
    );

    expect(body.providers.map(({ provider }) => provider)).toEqual(
      expect.arrayContaining(["anthropic", "openai", "gemini", "demo"]),
    );
    expect(body.providers[0]?.models[0]).toMatchObject({ tier: "recommended" });
  });

  it("lists what the contract says of a model, and its price", async () => {
    const { body } = await get<{ providers: { models: Json[] }[] }>("/models/catalog");
    const models = body.providers.flatMap((provider) => provider.models);

    expect(models.find(({ id }) => id === "claude-opus-5")).toMatchObject({
      display_name: "Claude Opus 5",
      context_window: 1_000_000,
      max_output_tokens: 128_000,
      profile: {
        model_family: "claude-opus",
        supports_temperature: false,
        supports_reasoning: true,
        vision: true,
        realtime: false,
        beta_headers: [],
        params_schema: { properties: { effort: { type: "string" } } },
      },
      price: { input: 5, output: 25, cached_input: 0.5, cache_write: 6.25, cache_write_1h: 10 },
    });
    expect(models.find(({ id }) => id === "gpt-5.5")).toMatchObject({
      price: { input: 5, long: { above: 271_999, input: 10, output: 45 } },
    });
  });

  it("lists the models of the realm's config, and of no other realm", async () => {
    const realm = newRealm();
    const self_hosted = {
      default_model: "mine",
      servers: { box: { transport: "openai_compatible", base_url: "https://box.example/v1" } },
      models: {
        mine: { server: "box", remote_model: "org/name", context_window: 4_096, vision: true },
        other: { server: "box", remote_model: "org/other", price: { input: 0, output: 0 } },
      },
    };
    const models = {
      openai: "gpt-5.2",
      "claude-next": { provider: "anthropic", display_name: "Next", context_window: 9 },
    };
    const { status } = await request(
      "PUT",
      `/realms/${realm}/config`,
      json({ self_hosted, models }),
    );

    const { body } = await get<{ providers: Json[] }>(`/realms/${realm}/models/catalog`);

    expect(status).toBe(200);
    expect(body.providers.find(({ provider }) => provider === "self_hosted")).toMatchObject({
      default_model_id: "mine",
      models: [
        {
          id: "mine",
          server_id: "box",
          context_window: 4_096,
          profile: { vision: true },
          price: "unknown",
        },
        {
          id: "other",
          server_id: "box",
          profile: { vision: false },
          price: { input: 0, output: 0 },
        },
      ],
    });
    expect(body.providers.find(({ provider }) => provider === "openai")).toMatchObject({
      default_model_id: "gpt-5.2",
    });
    expect(body.providers[0]).toMatchObject({
      models: expect.arrayContaining([
        expect.objectContaining({ id: "claude-next", display_name: "Next", context_window: 9 }),
      ]) as unknown,
    });
    expect(JSON.stringify((await get("/models/catalog")).body)).not.toContain("claude-next");
  });

  it.each([
    [
      "self_hosted",
      { servers: { box: { base_url: "https://u:p@box.example" } } },
      "self_hosted.servers.box.base_url",
    ],
    [
      "self_hosted",
      { servers: { box: { base_url: "https://169.254.169.254/" } } },
      "self_hosted.servers.box.base_url",
    ],
    [
      "self_hosted",
      { servers: { box: { base_url: "https://x.example", api_style: "soap" } } },
      "self_hosted.servers.box.api_style",
    ],
    ["self_hosted", { models: { m: { server: "box" } } }, "self_hosted.models.m.remote_model"],
    ["providers", { base_urls: { openai: "http://models.example" } }, "providers.base_urls.openai"],
    ["models", { mine: { provider: "acme" } }, "models.mine.provider"],
    ["model_fallback", { chain: [{ provider: "openai" }] }, "model_fallback.chain.0"],
  ])("refuses a config whose %s says %j", async (section, value, key) => {
    const path = `/realms/${newRealm()}/config`;

    const { status, body } = await request("PUT", path, json({ [section]: value }));

    expect(status).toBe(400);
    expect(body).toMatchObject({ code: "BAD_REQUEST", details: { key } });
    expect((await get(path)).body).toMatchObject({ generation: 0, config: {} });
  });

  it("shows a realm's config, which asking does not create", async () => {
    const realm = newRealm();

    expect(await get(`/realms/${realm}/config`)).toMatchObject({
      status: 200,
      body: { config: {}, generation: 0, realm_id: realm, instance_id: null, backend: "sqlite" },
    });
  });

  it("has no other routes", async () => {
    expect(await get("/nothing/here")).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
    expect(await request("PUT", "/sessions", json({}))).toMatchObject({
      status: 404,
      body: { code: "NOT_FOUND" },
    });
  });

  it("answers with the demo script when asked to", async () => {
    const { body } = await post(`/realms/${newRealm()}/sessions`, { prompt: "Hi", model: "demo" });

    expect(body["text"]).toMatch(/demo provider: a script, not a model/);
  });
});

describe("an answer of REST", () => {
  const byName = new Map<string, Operation>(operationList);

  it("fits the contract", async () => {
    const { path, realm } = await deferred([reply("Hi."), reply("Bye.")]);
    const answers: [name: string, answer: Json][] = [
      ["turn/start", (await post(`${path}/messages`, { prompt: "Hello" })).body],
      ["session/list", (await get(`/realms/${realm}/sessions`)).body],
      ["session/history", (await get(`${path}/history`)).body],
      ["session/status", (await get(`${path}/status`)).body],
      ["turn/interrupt", (await post(`${path}/interrupt`)).body],
      ["config/get", (await get("/config")).body],
      ["capabilities/get", (await get("/capabilities")).body],
      ["models/catalog", (await get("/models/catalog")).body],
      ["session/archive", (await request("DELETE", path)).body],
    ];

    for (const [name, answer] of answers) {
      const parsed = byName.get(name)?.output.parse(answer);
      expect([name, parsed]).toEqual([name, answer]);
    }
  });
});

describe("a browser of another origin", () => {
  const from = (origin: string, method = "GET"): RequestInit => ({ method, headers: { origin } });

  it("may call when its origin is allowed", async () => {
    const response = await send("/capabilities", from("https://console.example"));
    await response.body?.cancel();

    expect(response.status).toBe(200);
    expect(response.headers.get("access-control-allow-origin")).toBe("https://console.example");
  });

  it("is told before what it may send", async () => {
    const response = await send("/sessions", {
      method: "OPTIONS",
      headers: {
        origin: "https://console.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,last-event-id",
      },
    });

    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-methods")).toContain("POST");
    expect(response.headers.get("access-control-allow-headers")).toContain("last-event-id");
  });

  it.each(["https://evil.example", "null", "http://localhost:9999", "https://localhost"])(
    "is refused from %s, before anything happens",
    async (origin) => {
      const realm = newRealm();

      const refused = await request<Refusal>("POST", `/realms/${realm}/sessions`, {
        headers: { origin, "content-type": "application/json" },
        body: JSON.stringify({ prompt: "Hi", model: "demo" }),
      });

      expect(refused).toMatchObject({ status: 403, body: { code: "SCOPE_DENIED" } });
      expect(refused.headers.get("access-control-allow-origin")).toBeNull();
      expect(await sessionsOf(realm)).toEqual([]);
    },
  );

  it("is the Worker's own page when the origin is the same", async () => {
    expect(await request("GET", "/capabilities", from(ORIGIN))).toMatchObject({ status: 200 });
  });

  it("may be any when the deployment says so", async () => {
    const asked = new Request(`${ORIGIN}/capabilities`, from("https://anyone.example"));

    const response = await app.fetch(asked, { ...env, RKAT_CORS_ORIGINS: "*" });

    expect(response.status).toBe(200);
    expect(response.headers.get("access-control-allow-origin")).toBeTruthy();
  });

  it("can read a refusal if it may call", async () => {
    const refused = await send(`/sessions/${crypto.randomUUID()}`, from("https://console.example"));
    await refused.body?.cancel();

    expect(refused.status).toBe(404);
    expect(refused.headers.get("access-control-allow-origin")).toBe("https://console.example");
  });
});

describe("a deployed Worker", () => {
  const TOKEN = "a-long-secret-token";
  const ask = (path: string, headers: HeadersInit, more: Partial<Env>): Promise<Response> =>
    Promise.resolve(
      app.fetch(new Request(`https://edge.example${path}`, { headers }), { ...env, ...more }),
    );

  it("without a token refuses everything but its health, under any name that is not loopback", async () => {
    expect((await ask("/health", {}, {})).status).toBe(200);
    const refused = await ask("/sessions", {}, {});

    expect(refused.status).toBe(401);
    expect(await refused.json()).toMatchObject({ code: "UNAUTHORIZED" });
    expect(refused.headers.get("www-authenticate")).toBe("Bearer");
  });

  it.each([
    ["nothing", {}],
    ["another token", { authorization: "Bearer something-else" }],
    ["another scheme", { authorization: `Basic ${TOKEN}` }],
  ])("with a token refuses %s", async (_, headers) => {
    expect((await ask("/config", headers, { RKAT_ADMIN_TOKEN: TOKEN })).status).toBe(401);
  });

  it("with a token lets its bearer in", async () => {
    const headers = { authorization: `Bearer ${TOKEN}` };

    expect((await ask("/config", headers, { RKAT_ADMIN_TOKEN: TOKEN })).status).toBe(200);
  });
});

describe("an external event", () => {
  it("has the same id however often it is sent under its key", async () => {
    const at = `/realms/${newRealm()}`;
    const { body } = await post(`${at}/sessions`, { initial_turn: "deferred", model: "demo" });
    const events = `${at}/sessions/${String(body.session_id)}/external-events`;
    const event = { kind: "news", idempotency_key: "once" };

    const [first, again] = [await post(events, event), await post(events, event)];

    expect(first.body).toMatchObject({ outcome_type: "accepted" });
    const { input_id } = first.body;
    expect(again.body).toMatchObject({
      outcome_type: "deduplicated",
      input_id,
      existing_id: input_id,
    });
  });
});

describe("a ticket in the query", () => {
  it("opens the door and is no part of what is asked", async () => {
    const at = `/realms/${newRealm()}`;
    const { body } = await post(`${at}/sessions`, { initial_turn: "deferred", model: "demo" });
    const session = `${at}/sessions/${String(body.session_id)}`;
    const issued = await post<{ ticket: string }>(`${at}/tickets`);
    const { ticket } = issued.body;

    const left = await post(`${session}/external-events?ticket=${ticket}`, { kind: "news" });
    await post(`${session}/messages`, { prompt: "go on" });

    expect(left.status).toBe(202);
    const told = JSON.stringify(await get(`${session}/history`));
    expect(told).toContain("news");
    expect(told).not.toContain(ticket);
  });
});
