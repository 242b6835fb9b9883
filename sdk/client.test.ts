import { describe, expect, it, vi } from "vitest";
import { MeerkatClient } from "./client.ts";
import { CapabilityUnavailableError, MeerkatError, SessionNotFoundError } from "./errors.ts";
import { ScriptedDeployment } from "./scripted-deployment.ts";
import { scripted, tick, until } from "./test-support.ts";

const schema = { type: "object", properties: { deep_key: { type: "string" } } };

describe("a client", () => {
  it("greets, asks what is possible, and opens no socket for it", async () => {
    const { client, deployment } = await scripted();

    expect(deployment.posted.map(({ method }) => method)).toEqual([
      "initialize",
      "capabilities/get",
    ]);
    expect(deployment.sockets).toHaveLength(0);
    expect(client.hasCapability("sessions")).toBe(true);
    expect(() => client.requireCapability("mobs")).toThrow(CapabilityUnavailableError);
  });

  it("asks nothing beyond the greeting when told so", async () => {
    const deployment = new ScriptedDeployment();
    const client = new MeerkatClient({ transport: deployment, capabilities: false });

    await client.connect();

    expect(deployment.posted.map(({ method }) => method)).toEqual(["initialize"]);
    expect(client.capabilities).toEqual([]);
  });

  it.each(["0.9.0", "1.8.0", "", undefined, { major: 0, minor: 8, patch: 26 }])(
    "refuses contract version %j",
    async (contract_version) => {
      const deployment = new ScriptedDeployment();
      deployment.answers.set("initialize", () => ({ contract_version }));

      await expect(new MeerkatClient({ transport: deployment }).connect()).rejects.toMatchObject({
        code: typeof contract_version === "string" ? "VERSION_MISMATCH" : "INVALID_RESPONSE",
      });
    },
  );

  it.each(["0.8", "0.8.0", "0.8.99-alpha.1"])("accepts contract version %s", async (version) => {
    const deployment = new ScriptedDeployment();
    deployment.answers.set("initialize", () => ({ contract_version: version }));

    const client = await new MeerkatClient({ transport: deployment }).connect();

    expect(client.capabilities).toHaveLength(1);
  });

  it("says when it is not connected, and when it is closed", async () => {
    const unconnected = new MeerkatClient();
    const { client } = await scripted();
    const session = await client.createSession("?");
    await client.close();

    await expect(unconnected.listSessions()).rejects.toMatchObject({ code: "NOT_CONNECTED" });
    await expect(client.listSessions()).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
    await expect(session.turn("?")).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
    expect(() => client.createSessionStreaming("?")).toThrow(MeerkatError);
  });

  it("ends what waits when it is closed", async () => {
    const { client, deployment } = await scripted();
    deployment.gate = new Promise(() => undefined);
    const stream = client.createSessionStreaming("?");
    const reading = stream.collect();
    await until(() => stream.sessionId !== undefined);

    await client.close();

    await expect(reading).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
  });

  it("runs turns of a session and keeps the last result", async () => {
    const { client, deployment } = await scripted();

    const session = await client.createSession("a", {
      providerParams: { reasoning_effort: "high", camelKey: 1 },
      budgetLimits: { maxTokens: 5, maxDuration: { secs: 1 } },
      labels: { someLabel: "x" },
    });
    const result = await session.turn("b", { systemPrompt: "short" });

    expect(session.text).toBe("It is blue.");
    expect(session.lastResult).toBe(result);
    expect(session.ref).toBe(`default:${session.id}`);
    expect(session.usage).toEqual({ inputTokens: 1, outputTokens: 2, totalTokens: 3 });
    expect(deployment.posted.slice(2).map(({ params }) => params)).toEqual([
      {
        prompt: "a",
        provider_params: { reasoning_effort: "high", camelKey: 1 },
        budget_limits: { max_tokens: 5, max_duration: { secs: 1 } },
        labels: { someLabel: "x" },
        idempotency_key: expect.any(String),
      },
      {
        session_id: session.id,
        prompt: "b",
        system_prompt: "short",
        idempotency_key: expect.any(String),
      },
    ]);
  });

  it("defers a first turn", async () => {
    const { client, deployment } = await scripted();
    deployment.answers.set("session/create", () => ({ session_id: "s", session_ref: "r:s" }));

    const session = await client.createDeferredSession();

    expect([session.id, session.ref]).toEqual(["s", "r:s"]);
    expect(deployment.posted.at(-1)?.params).toMatchObject({ initial_turn: "deferred" });
  });

  it("sends a turn again when its answer is lost, and it runs once", async () => {
    const { client, deployment } = await scripted();
    const post = deployment.post.bind(deployment);
    const lost = vi.spyOn(deployment, "post").mockImplementationOnce(async (request) => {
      void post(request);
      await tick();
      throw new MeerkatError("CONNECTION_CLOSED", "reset");
    });

    const session = await client.createSession("?");

    expect(session.text).toBe("It is blue.");
    expect(lost).toHaveBeenCalledTimes(2);
    expect(deployment.runs.size).toBe(1);
  });

  it("gives answers, context and events a key, and so may send them again", async () => {
    const { client, deployment } = await scripted();
    const session_id = "s";
    const tool_results = [{ tool_use_id: "c", content: "44" }];
    deployment.answers.set("turn/answer", () => ({ session_id, run_id: "r", accepted: 1 }));
    deployment.answers.set("session/inject_context", () => ({ session_id, status: "applied" }));
    deployment.answers.set("session/external_event", () => ({ queued: true }));
    const asked = deployment.posted.length;
    deployment.refusals = 1;

    await client.call("turn/answer", { session_id, tool_results });
    await client.call("session/inject_context", { session_id, text: "x" });
    await client.call("session/external_event", { session_id, kind: "x" });

    expect(deployment.refusals).toBe(0);
    const keys = deployment.posted.slice(asked).map(({ params }) => params?.idempotency_key);
    expect(new Set(keys).size).toBeGreaterThanOrEqual(3);
    expect(keys).not.toContain(undefined);
  });

  it("does not send again what would be done twice", async () => {
    const { client, deployment } = await scripted();
    deployment.refusals = 1;

    await expect(client.setConfig({})).rejects.toMatchObject({ code: "CONNECTION_CLOSED" });
    expect(deployment.refusals).toBe(0);
  });

  it("leaves config documents as they are", async () => {
    const { client, deployment } = await scripted();
    deployment.answers.set("config/patch", ({ patch }) => ({ config: patch, realm_id: "r" }));
    const patch = { agent: { maxTokensPerTurn: 8192, max_turns: 2 } };

    const envelope = await client.patchConfig(patch, { expectedGeneration: 4 });

    expect(envelope).toEqual({ config: patch, realmId: "r" });
    expect(deployment.posted.at(-1)?.params).toEqual({ patch, expected_generation: 4 });
  });

  it("shows session times as text", async () => {
    const { client, deployment } = await scripted();
    const row = { session_id: "s", created_at: 1, updated_at: 2, is_active: false };
    deployment.answers.set("session/list", () => ({ sessions: [row] }));

    expect(await client.listSessions({ limit: 1 })).toEqual([
      { sessionId: "s", createdAt: "1", updatedAt: "2", isActive: false },
    ]);
  });

  it("makes typed errors of the deployment's", async () => {
    const { client, deployment } = await scripted();
    const hint = { capability_id: "shell", message: "Switch it on" };
    deployment.answers.set("session/read", () => {
      throw { code: -32001, message: "Session not found", data: { code: "SESSION_NOT_FOUND" } };
    });
    deployment.answers.set("models/catalog", () => {
      throw {
        code: -32020,
        message: "Off",
        data: { code: "CAPABILITY_UNAVAILABLE", capability_hint: hint },
      };
    });
    deployment.answers.set("session/status", () => {
      throw { code: -32099, message: "Other" };
    });

    await expect(client.readSession("s")).rejects.toBeInstanceOf(SessionNotFoundError);
    await expect(client.call("models/catalog", {})).rejects.toMatchObject({
      capabilityHint: { capabilityId: "shell", message: "Switch it on" },
    });
    await expect(client.call("session/status", { session_id: "s" })).rejects.toMatchObject({
      code: "-32099",
    });
  });
});

describe("a connection", () => {
  it("answers pings at once, also while nobody reads", async () => {
    const { client, deployment } = await scripted();
    const stream = client.createSessionStreaming("?");
    await until(() => deployment.sockets.length > 0 && stream.sessionId !== undefined);

    deployment.socket.deliver({ id: "srv-ping-1", method: "ping" });

    expect(deployment.socket.received.at(-1)).toEqual({
      jsonrpc: "2.0",
      id: "srv-ping-1",
      result: {},
    });
  });

  it("refuses methods that it does not know", async () => {
    const { client, deployment } = await scripted();
    client.registerTool("look", "Looks", schema, async () => "seen");
    await until(() => deployment.requests("tools/register").length > 0);

    deployment.socket.deliver({ id: "srv-1", method: "other/thing", params: {} });
    await tick();

    expect(deployment.socket.received.at(-1)).toMatchObject({
      id: "srv-1",
      error: { code: -32601 },
    });
  });

  it.each(["not json", "[]", '"text"', 7, '{"method":"session/event","params":{"event":{}}}'])(
    "fails at once on %j",
    async (data) => {
      const { client, deployment } = await scripted();
      deployment.gate = new Promise(() => undefined);
      const reading = client.createSessionStreaming("?").collect();
      await until(() => deployment.sockets.length > 0);

      deployment.socket.deliverRaw(data);

      await expect(reading).rejects.toMatchObject({ code: "INVALID_RESPONSE" });
    },
  );

  it("gives up a deployment that fell silent, and goes on with the next connection", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const { client, deployment } = await scripted();
    const gate = Promise.withResolvers<void>();
    deployment.gate = gate.promise;
    const stream = client.createSessionStreaming("?");
    const reading = stream.collect();
    await until(() => stream.sessionId !== undefined);
    deployment.socket.isDeaf = true;

    vi.advanceTimersByTime(60_000);
    vi.useRealTimers();
    gate.resolve();

    expect((await reading).text).toBe("It is blue.");
    expect(deployment.sockets).toHaveLength(2);
  });
});

describe("a callback tool", () => {
  it("runs when the deployment asks", async () => {
    const { client, deployment } = await scripted();
    client.registerTool("look", "Looks", schema, async ({ deep_key }) => `saw ${String(deep_key)}`);
    await client.createSession("?");

    const call = { tool_use_id: "c", name: "look", arguments: { deep_key: "it" } };
    deployment.socket.deliver({ id: "srv-1", method: "tool/execute", params: call });
    await tick();

    expect(deployment.requests("tools/register")[0]?.params).toEqual({
      tools: [{ name: "look", description: "Looks", input_schema: schema }],
    });
    expect(deployment.requests("session/create")[0]).toBe(
      deployment.socket.received.find(({ method }) => method === "session/create"),
    );
    expect(deployment.socket.received.at(-1)).toMatchObject({
      id: "srv-1",
      result: { content: "saw it", is_error: false },
    });
  });

  it("answers with an error when the handler throws, and for a tool that is not there", async () => {
    const { client, deployment } = await scripted();
    client.registerTool("look", "Looks", schema, () => {
      throw new Error("dark");
    });
    await until(() => deployment.sockets.length > 0);
    await tick();

    for (const name of ["look", "hear"]) {
      const params = { tool_use_id: name, name, arguments: {} };
      deployment.socket.deliver({ id: name, method: "tool/execute", params });
    }
    await tick();

    expect(deployment.socket.received.slice(-2).map(({ result }) => result)).toEqual([
      { content: "dark", is_error: true },
      { content: 'No tool is named "hear"', is_error: true },
    ]);
  });

  it("is declared before connecting, and again on every new connection", async () => {
    const deployment = new ScriptedDeployment();
    const client = new MeerkatClient({ transport: deployment });
    client.registerTool("look", "Looks", schema, async () => "seen");
    await client.connect();

    deployment.socket.cut();
    await until(() => deployment.sockets.length === 2);
    await tick();

    expect(deployment.requests("tools/register").length).toBeGreaterThan(1);
    expect(deployment.socket.received[0]?.method).toBe("tools/register");
    await client.close();
  });

  it("does not run again for a call that a new connection offers again", async () => {
    const { client, deployment } = await scripted();
    const handler = vi.fn<() => Promise<string>>(async () => "seen");
    client.registerTool("look", "Looks", schema, handler);
    await until(() => deployment.requests("tools/register").length > 0);
    const params = { tool_use_id: "c", name: "look", arguments: {} };
    deployment.socket.deliver({ id: "srv-1", method: "tool/execute", params });
    await tick();

    deployment.socket.cut();
    await until(() => deployment.sockets.length === 2);
    deployment.socket.deliver({ id: "srv-2", method: "tool/execute", params });
    await tick();

    expect(handler).toHaveBeenCalledTimes(1);
    expect(deployment.socket.received).toContainEqual({
      jsonrpc: "2.0",
      id: "srv-2",
      result: { content: "seen", is_error: false },
    });
    await client.close();
  });

  it("stops the next turn when the deployment refuses it", async () => {
    const { client, deployment } = await scripted();
    deployment.answers.set("tools/register", () => {
      throw { code: -32602, message: "Bad schema", data: { code: "INVALID_PARAMS" } };
    });

    client.registerTool("look", "Looks", {}, async () => "seen");

    await expect(client.createSession("?")).rejects.toMatchObject({ message: "Bad schema" });
  });
});

describe("a session's transcript", () => {
  const fork = {
    session_id: "0193f2a0-0000-7000-8000-000000000001",
    session_ref: "default:0193f2a0-0000-7000-8000-000000000001",
    from_session_id: "source",
    message_count: 3,
  };

  it("is forked into a session of its own", async () => {
    const { client, deployment } = await scripted();
    deployment.answers.set("session/fork_at", () => fork);

    const made = await client.session("source").fork({ at: 3, labels: { my_key: "x" } });

    expect([made.id, made.ref]).toEqual([fork.session_id, fork.session_ref]);
    const [request] = deployment.requests("session/fork_at");
    expect(request?.params).toMatchObject({
      session_id: "source",
      at: 3,
      labels: { my_key: "x" },
      idempotency_key: expect.any(String),
    });
  });

  it("is rewound under one key, however often the connection is lost", async () => {
    const { client, deployment } = await scripted();
    const answer = { session_id: "source", message_count: 1, removed_messages: 4, seq: 9 };
    deployment.answers.set("session/rewind", () => answer);
    deployment.refusals = 1;

    const rewound = await client.session("source").rewind({ turns: 2 });

    expect(rewound).toEqual({
      sessionId: "source",
      messageCount: 1,
      removedMessages: 4,
      seq: 9,
    });
    const [first, second] = deployment.requests("session/rewind");
    expect(first?.params).toMatchObject({ session_id: "source", turns: 2 });
    expect(second?.params).toEqual(first?.params);
    expect(first?.params).toHaveProperty("idempotency_key");
  });
});
