import { describe, expect, it, vi } from "vitest";
import { RpcTestClient } from "./test-client.ts";

const demo = { model: "demo" };

/** A session with a turn under way that lasts until it is interrupted or has said its piece. */
async function busySession() {
  const client = await RpcTestClient.connect();
  const { session_id } = await client.call("session/create", { initial_turn: "deferred", ...demo });
  const running = client.send("turn/start", { session_id, prompt: "slow first" });
  await client.until(({ params }) => (params?.event as { type?: string })?.type === "text_delta");
  return { client, session_id, running };
}

/** The inputs of the session, as soon as there are so many. */
async function inputs(client: RpcTestClient, session_id: unknown, count: number) {
  const found = async () => {
    const listed = await client.call("input/list", { session_id });
    const all = listed.inputs as { input_id: string; status: string }[];
    return all.length >= count && all;
  };
  // Asking without a pause would keep the runtime from hearing what is waited for.
  return await vi.waitUntil(found, { timeout: 20_000 });
}

const started = (client: RpcTestClient) =>
  client
    .events("session/event")
    .flatMap(({ type, prompt }) => (type === "run_started" ? prompt : []));

describe("a turn that is asked to queue", () => {
  it("runs after those before it, each told on its own", async () => {
    const { client, session_id, running } = await busySession();

    const second = client.send("turn/start", { session_id, prompt: "two", handling_mode: "queue" });
    const third = client.send("turn/start", {
      session_id,
      prompt: "three",
      handling_mode: "queue",
    });
    await inputs(client, session_id, 2);
    await client.call("turn/interrupt", { session_id });

    expect(await client.answerTo(running)).toMatchObject({ error: { code: -32005 } });
    expect(await client.answerTo(second)).toMatchObject({
      result: { text: expect.stringContaining('"two"') },
    });
    expect(await client.answerTo(third)).toMatchObject({
      result: { text: expect.stringContaining('"three"') },
    });
    expect(started(client)).toEqual(["slow first", "two", "three"]);
    expect(await inputs(client, session_id, 2)).toMatchObject([
      { status: "done" },
      { status: "done" },
    ]);
  });

  it("can be listed and taken back, and then never runs", async () => {
    const { client, session_id, running } = await busySession();
    const waiting = client.send("turn/start", { session_id, prompt: "no", handling_mode: "queue" });
    const [input] = await inputs(client, session_id, 1);
    expect(input?.status).toBe("queued");

    const taken = { session_id, input_id: input?.input_id };
    expect(await client.call("input/cancel", taken)).toMatchObject({ cancelled: true });
    expect(await client.call("input/cancel", taken)).toMatchObject({ cancelled: false });

    expect(await client.answerTo(waiting)).toMatchObject({ error: { code: -32005 } });
    await client.call("turn/interrupt", { session_id });
    await client.answerTo(running);
    expect(started(client)).toEqual(["slow first"]);
  });

  it("is refused when 32 wait already, and without the wish to wait", async () => {
    const { client, session_id } = await busySession();
    const wait = { session_id, prompt: "x", handling_mode: "queue" };
    for (let count = 0; count < 32; count += 1) client.send("turn/start", wait);

    expect(await client.ask("turn/start", wait)).toMatchObject({
      error: { code: -32002, data: { reason: "queue_full", capacity: 32 } },
    });
    expect(await client.ask("turn/start", { session_id, prompt: "x" })).toMatchObject({
      error: { code: -32002, data: { reason: "busy" } },
    });
    expect(await client.call("session/archive", { session_id })).toMatchObject({ archived: true });
  });

  it("runs at once on an idle session", async () => {
    const client = await RpcTestClient.connect();
    const { session_id } = await client.call("session/create", { prompt: "hi", ...demo });

    const result = await client.call("turn/start", {
      session_id,
      prompt: "now",
      handling_mode: "queue",
    });

    expect(result.text).toContain('"now"');
  });
});

describe("a turn that is asked to steer", () => {
  it("joins the running turn before it ends", async () => {
    const { client, session_id, running } = await busySession();

    const steered = await client.call("turn/start", {
      session_id,
      prompt: "joined",
      handling_mode: "steer",
    });

    const { result } = await client.answerTo(running);
    expect(steered).toEqual(result);
    expect(steered).toMatchObject({ turns: 2, text: expect.stringContaining('"joined"') });
    expect(started(client)).toEqual(["slow first"]);
    const { messages } = await client.call("session/history", { session_id });
    const roles = (messages as { role: string }[]).map(({ role }) => role);
    expect(roles).toEqual(["system", "user", "block_assistant", "user", "block_assistant"]);
  });

  it("is accepted until the model is told, and can be taken back until then", async () => {
    const { client, session_id, running } = await busySession();
    const steer = { session_id, handling_mode: "steer" };
    client.send("turn/start", { ...steer, prompt: "joined" });
    await inputs(client, session_id, 1);
    client.send("turn/start", { ...steer, prompt: "regretted" });
    const [joined, regretted] = await inputs(client, session_id, 2);
    expect([joined, regretted]).toMatchObject([{ status: "accepted" }, { status: "accepted" }]);

    const taken = { session_id, input_id: regretted?.input_id };
    expect(await client.call("input/cancel", taken)).toMatchObject({ cancelled: true });
    expect(await client.call("input/cancel", taken)).toMatchObject({ cancelled: false });

    const { result } = await client.answerTo(running);
    expect(result).toMatchObject({ turns: 2 });
    const { run_id } = result as { run_id: string };
    expect(await inputs(client, session_id, 2)).toMatchObject([
      { status: "done", run_id },
      { status: "cancelled", run_id },
    ]);
    const told = { session_id, input_id: joined?.input_id };
    expect(await client.call("input/cancel", told)).toMatchObject({ cancelled: false });
    const history = JSON.stringify(await client.call("session/history", { session_id }));
    expect(history).toContain("joined");
    expect(history).not.toContain("regretted");
  });

  it("does not keep the turn from ending when all that joined was taken back", async () => {
    const { client, session_id, running } = await busySession();
    client.send("turn/start", { session_id, prompt: "no", handling_mode: "steer" });
    const [input] = await inputs(client, session_id, 1);

    await client.call("input/cancel", { session_id, input_id: input?.input_id });

    expect(await client.answerTo(running)).toMatchObject({ result: { turns: 1 } });
  });

  it("is told with the next turn when its turn is interrupted first", async () => {
    const { client, session_id, running } = await busySession();
    client.send("turn/start", { session_id, prompt: "patient", handling_mode: "steer" });
    await inputs(client, session_id, 1);
    await client.call("turn/interrupt", { session_id });
    await client.answerTo(running);
    expect(await inputs(client, session_id, 1)).toMatchObject([{ status: "accepted" }]);

    await client.call("turn/start", { session_id, prompt: "next" });

    expect(await inputs(client, session_id, 1)).toMatchObject([{ status: "done" }]);
    expect(JSON.stringify(await client.call("session/history", { session_id }))).toContain(
      "patient",
    );
  });

  it("is refused when 32 wait already", async () => {
    const { client, session_id } = await busySession();
    const steer = { session_id, prompt: "x", handling_mode: "steer" };
    for (let count = 0; count < 32; count += 1) client.send("turn/start", steer);

    expect(await client.ask("turn/start", steer)).toMatchObject({
      error: { code: -32002, data: { reason: "queue_full", capacity: 32 } },
    });
  });
});

describe("context that is injected", () => {
  it("is applied when idle, staged while a turn runs, and never taken twice", async () => {
    const { client, session_id, running } = await busySession();
    const note = { session_id, text: "be brief", source: "ops", idempotency_key: "k1" };

    expect(await client.call("session/inject_context", note)).toMatchObject({ status: "staged" });
    expect(await client.call("session/inject_context", note)).toMatchObject({
      status: "duplicate",
    });
    expect(await client.ask("session/inject_context", { ...note, text: "be long" })).toMatchObject({
      error: { data: { code: "CONFLICT" } },
    });
    await client.call("turn/interrupt", { session_id });
    await client.answerTo(running);
    await client.call("turn/start", { session_id, prompt: "next" });
    expect(
      await client.call("session/inject_context", { session_id, text: "idle now" }),
    ).toMatchObject({ status: "applied" });

    const { messages } = await client.call("session/history", { session_id });
    const systems = (messages as { role: string; content?: unknown }[])
      .filter(({ role }) => role === "system")
      .map(({ content }) => content);
    expect(systems.slice(1)).toEqual(["[ops] be brief", "idle now"]);
  });

  it("waits for the next turn when it is an event, without waking the session", async () => {
    const client = await RpcTestClient.connect();
    const { session_id } = await client.call("session/create", { prompt: "hi", ...demo });
    const before = await client.call("session/read", { session_id });

    const event = { session_id, kind: "generic_json", event_type: "ping", payload: { n: 1 } };
    expect(await client.call("session/external_event", event)).toMatchObject({
      outcome_type: "accepted",
    });
    expect(await client.call("session/read", { session_id })).toMatchObject({
      message_count: before.message_count,
      state: "idle",
    });
    await client.call("turn/start", { session_id, prompt: "what happened?" });

    const history = await client.call("session/history", { session_id });
    expect(JSON.stringify(history)).toContain("EXTERNAL EVENT");
  });
});
