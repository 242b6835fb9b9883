import { describe, expect, it } from "vitest";
import type { EventStream } from "./event-stream.ts";
import type { AgentEvent } from "./events.ts";
import { toolTurn } from "./scripted-session.ts";
import { scripted, tick, until } from "./test-support.ts";

const EVENTS = toolTurn.length + 2;

async function read(stream: EventStream): Promise<AgentEvent[]> {
  const events: AgentEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

const types = (events: AgentEvent[]): string[] => events.map(({ type }) => type);
const whole = ["run_started", ...toolTurn.map(({ type }) => type), "run_completed"];

describe("an event stream", () => {
  it("tells the turn in order, then its result", async () => {
    const { client, deployment } = await scripted();

    const stream = client.createSessionStreaming("What colour?", { maxTokens: 9 });
    expect(() => stream.result).toThrow(expect.objectContaining({ code: "STREAM_NOT_CONSUMED" }));
    const events = await read(stream);

    expect(types(events)).toEqual(whole);
    expect(events).toContainEqual({ type: "turn_started", turnNumber: 1 });
    expect(events.find(({ type }) => type === "tool_call_requested")).toMatchObject({
      args: { deep_key: { x_y: 1 } },
    });
    expect(stream.result).toMatchObject({ text: "It is blue.", toolCalls: 1 });
    expect(stream.result.structuredOutput).toEqual({ snake_key: true });
    expect(stream.cursor).toBe(EVENTS);
    expect(deployment.requests("session/create")[0]?.params).toEqual({
      prompt: "What colour?",
      max_tokens: 9,
      idempotency_key: expect.any(String),
    });
  });

  it.each(Array.from({ length: EVENTS + 1 }, (_, place) => place))(
    "tells the same when the connection is cut in place of event %i",
    async (place) => {
      const { client, deployment } = await scripted();
      deployment.cutAfter = [...Array<undefined>(place), "now"];

      const stream = client.createSessionStreaming("What colour?");
      const events = await read(stream);

      expect(types(events)).toEqual(whole);
      expect(stream.result.text).toBe("It is blue.");
      expect(deployment.runs.size).toBe(1);
    },
  );

  it("tells the same when every connection is cut after two events", async () => {
    const { client, deployment } = await scripted();
    deployment.isEager = false;
    deployment.cutAfter = Array.from({ length: 60 }, (_, step) =>
      step % 3 === 2 ? "now" : undefined,
    );

    const events = await read(client.createSessionStreaming("What colour?"));

    expect(types(events)).toEqual(whole);
    expect(deployment.sockets.length).toBeGreaterThan(5);
  });

  it("tells the same when the answer is lost", async () => {
    const { client, deployment } = await scripted();
    const stream = client.createSessionStreaming("What colour?");
    let seen = 0;

    for await (const event of stream) {
      seen += 1;
      if (event.type === "turn_completed") deployment.socket.cut(4010);
    }

    expect(seen).toBe(EVENTS);
    expect(stream.result.text).toBe("It is blue.");
  });

  it("asks the log when a repeated call is answered without its events", async () => {
    const { client, deployment } = await scripted();
    const usual = await client.createSession("first");
    deployment.answers.set("turn/start", async (_, socket) => {
      deployment.answers.set("turn/start", () => [...deployment.runs.values()].at(-1));
      const run_id = "late-run";
      const session = deployment.session();
      session.emit({ type: "run_started", session_id: usual.id, run_id, prompt: "?" });
      session.emit({ type: "run_completed", session_id: usual.id, run_id, result: "" });
      deployment.runs.set(run_id, Promise.resolve({ session_id: usual.id, run_id, text: "" }));
      socket?.cut();
    });

    const stream = usual.stream("again");

    expect(types(await read(stream))).toEqual(["run_started", "run_completed"]);
    expect(stream.result.runId).toBe("late-run");
  });

  it("leaves voided text out of collectText", async () => {
    const { client, deployment } = await scripted();
    deployment.script = [
      { type: "text_delta", delta: "A" },
      { type: "text_delta", delta: "lost" },
      { type: "step_restarted", run_id: "r", turn_number: 0, voided_from_seq: 3, reason: "crash" },
      { type: "text_delta", delta: "B" },
    ];

    const [text, result] = await client.createSessionStreaming("?").collectText();

    expect(text).toBe("AB");
    expect(result.text).toBe("It is blue.");
  });

  it("keeps a reader that fell behind whole, from the log", async () => {
    const { client, deployment } = await scripted();
    const deltas = Array.from({ length: 12_000 }, (_, n) => ({
      type: "text_delta",
      delta: `${n} `,
    }));
    deployment.script = [];
    deployment.answers.set("turn/result", () => ({ session_id: "s", run_id: "r", text: "" }));
    const stream = client.createSessionStreaming("?");
    const events = stream[Symbol.asyncIterator]();
    await events.next();
    for (const delta of deltas) deployment.session().emit(delta);

    let text = "";
    for await (const event of events) {
      if (event.type === "text_delta") text += event.delta;
    }

    expect(text).toBe(deltas.map(({ delta }) => delta).join(""));
    expect(deployment.requests("session/stream_open").length).toBeGreaterThan(0);
  });

  it("tells failures after the events, and again", async () => {
    const { client, deployment } = await scripted();
    deployment.answers.set("session/create", () => {
      const data = { code: "PROVIDER_ERROR", category: "provider", message: "No key" };
      throw { code: -32010, message: "No key", data };
    });

    const stream = client.createSessionStreaming("?");

    await expect(read(stream)).rejects.toMatchObject({ code: "PROVIDER_ERROR", message: "No key" });
    expect(() => stream.result).toThrow("No key");
  });

  it("gives up after the allowed tries", async () => {
    const { client, deployment } = await scripted({ reconnectAttempts: 2 });
    deployment.refusals = 100;

    await expect(read(client.createSessionStreaming("?"))).rejects.toMatchObject({
      code: "CONNECTION_CLOSED",
    });
    expect(deployment.refusals).toBe(97);
  });

  it("keeps two creates apart", async () => {
    const { client, deployment } = await scripted();
    const streams = [client.createSessionStreaming("a"), client.createSessionStreaming("b")];

    const both = await Promise.all(streams.map((stream) => read(stream)));

    expect(both.map(types)).toEqual([whole, whole]);
    expect(streams[0]?.sessionId).not.toBe(streams[1]?.sessionId);
    expect(deployment.sessions.size).toBe(2);
  });
});

describe("an aborted stream", () => {
  it.each([
    { interruptOnAbort: undefined, interrupts: 1 },
    { interruptOnAbort: false, interrupts: 0 },
  ])("interrupts the turn: $interruptOnAbort", async ({ interruptOnAbort, interrupts }) => {
    const { client, deployment } = await scripted();
    const abort = new AbortController();
    const gate = Promise.withResolvers<void>();
    deployment.gate = gate.promise;
    const options = { signal: abort.signal, interruptOnAbort };
    const stream = client.createSessionStreaming("?", options);
    const reading = read(stream);
    await until(() => stream.sessionId !== undefined);

    abort.abort();

    await expect(reading).rejects.toMatchObject({ name: "AbortError" });
    await tick();
    await tick();
    expect(deployment.requests("turn/interrupt")).toHaveLength(interrupts);
    gate.resolve();
  });

  it("goes on with the turn when only the loop is left", async () => {
    const { client, deployment } = await scripted();
    const stream = client.createSessionStreaming("?");

    for await (const event of stream) if (event.type === "text_delta") break;

    await expect(stream.collect()).rejects.toMatchObject({ code: "STREAM_NOT_CONSUMED" });
    await Promise.all(deployment.runs.values());
    expect(deployment.requests("turn/interrupt")).toHaveLength(0);
  });
});
