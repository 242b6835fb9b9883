import { LLMock } from "@copilotkit/aimock";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freshStateRoot, rkat, type Served, startServe } from "../cli/test-support.ts";
import { MeerkatClient } from "./index.ts";

/** The session guide's examples as they are written there; ids and the address are the only difference. */
describe("the session guide", () => {
  const vendors = new LLMock({ port: 0 });
  let server: Served;
  const written: string[] = [];
  const print = (...words: unknown[]) => written.push(words.join(" "));

  beforeAll(async () => {
    vendors.onMessage(/./, { content: "Paris. That is the capital of France." });
    const url = await vendors.start();
    server = await startServe(freshStateRoot(), {
      ANTHROPIC_API_KEY: "test",
      ANTHROPIC_BASE_URL: url,
      OPENAI_API_KEY: "test",
      OPENAI_BASE_URL: `${url}/v1`,
    });
  });

  afterAll(async () => {
    await server.end("SIGTERM");
    await vendors.stop();
  });

  it("runs in TypeScript", async () => {
    const client = new MeerkatClient();
    await client.connect({ url: server.url, realmId: "team-alpha", instanceId: "worker-1" });

    const session = await client.createSession("What is the capital of France?", {
      model: "claude-sonnet-4-5",
    });
    print(session.text);
    const result = await session.turn("Now explain it in more detail");
    print(result.text);

    const sessions = await client.listSessions();
    for (const s of sessions) {
      print(s.sessionId, s.messageCount, s.isActive);
    }
    const state = await client.readSession(session.id);
    print(state.sessionId, state.messageCount);

    const stream = client.createSessionStreaming("Tell me a story");
    for await (const event of stream) {
      if (event.type === "text_delta") {
        print(event.delta);
      }
    }
    expect(stream.result.text).toContain("Paris");
    for await (const event of session.stream("Continue the story")) {
      if (event.type === "text_delta") {
        print(event.delta);
      }
    }

    const other = await client.createSession("Hello", {
      model: "gpt-5.2",
      provider: "openai",
      providerParams: { reasoning_effort: "high" },
    });
    await other.interrupt();
    await other.archive();

    const config = await client.getConfig();
    for (let generation = 0; generation < 3; generation += 1) await client.patchConfig({});
    await client.setConfig({ agent: { model: "gpt-5.2" } }, { expectedGeneration: 3 });
    await client.patchConfig({ agent: { maxTokensPerTurn: 8192 } }, { expectedGeneration: 4 });

    expect(config.generation).toBe(0);
    expect(await client.getConfig()).toMatchObject({
      config: { agent: { model: "gpt-5.2", max_tokens_per_turn: 8192 } },
      generation: 5,
      realmId: "team-alpha",
    });
    expect(written.slice(0, 3)).toEqual([
      "Paris. That is the capital of France.",
      "Paris. That is the capital of France.",
      `${session.id} 5 false`,
    ]);
    await client.close();
  });

  it("is joined by answers as JSON", async () => {
    const client = await new MeerkatClient().connect({ url: server.url, realmId: "team-gamma" });
    const outputSchema = {
      type: "object",
      properties: { snake_case: { type: "string", minLength: 1 }, camelCase: { type: "integer" } },
      required: ["snake_case", "camelCase"],
    };

    const session = await client.createSession("Hi", { model: "demo", outputSchema });
    const stream = session.stream("Again", { outputSchema, structuredOutputRetries: 0 });
    const told = [];
    for await (const event of stream) told.push(event);
    const failing = { properties: { a: { type: "string", pattern: "^x" } }, required: ["a"] };
    const failed = await session.turn("Again", {
      outputSchema: failing,
      structuredOutputRetries: 0,
    });

    const fits = { snake_case: "demo", camelCase: 0 };
    expect(session.structuredOutput).toBeNull();
    expect(stream.result).toMatchObject({ structuredOutput: fits, schemaWarnings: null, turns: 2 });
    expect(stream.result.text).toContain("demo provider");
    expect(told.at(-2)).toMatchObject({ type: "extraction_succeeded", structuredOutput: fits });
    expect(failed).toMatchObject({
      structuredOutput: null,
      extractionError: { attempts: 1, lastOutput: '{"a":"demo"}' },
    });
    await client.close();
  });

  it("runs in JSON-RPC", async () => {
    const ask = async (message: object): Promise<Record<string, unknown>> => {
      const response = await fetch(`${server.url}/realms/team-beta/rpc`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(message),
      });
      return response.json() as Promise<Record<string, unknown>>;
    };
    const prompt = "What is the capital of France?";
    const model = "claude-sonnet-4-5";

    const created = await ask({
      jsonrpc: "2.0",
      id: 1,
      method: "session/create",
      params: { prompt, model },
    });
    const { session_id } = created.result as { session_id: string };
    const params = { session_id, prompt: "Now explain it in more detail" };
    const turn = await ask({ jsonrpc: "2.0", id: 2, method: "turn/start", params });
    const listed = await ask({ jsonrpc: "2.0", id: 3, method: "session/list" });
    const read = await ask({
      jsonrpc: "2.0",
      id: 4,
      method: "session/read",
      params: { session_id },
    });
    const interrupted = await ask({
      jsonrpc: "2.0",
      id: 6,
      method: "turn/interrupt",
      params: { session_id },
    });
    const archived = await ask({
      jsonrpc: "2.0",
      id: 5,
      method: "session/archive",
      params: { session_id },
    });
    const chosen = await ask({
      jsonrpc: "2.0",
      id: 7,
      method: "session/create",
      params: {
        prompt: "Hello",
        model: "gpt-5.2",
        provider: "openai",
        provider_params: { reasoning_effort: "high" },
      },
    });
    const config = await ask({ jsonrpc: "2.0", id: 8, method: "config/get" });
    const conflict = await ask({
      jsonrpc: "2.0",
      id: 9,
      method: "config/set",
      params: { config: { agent: { model: "gpt-5.2" } }, expected_generation: 3 },
    });

    expect(turn).toMatchObject({ id: 2, result: { session_id, turns: 1 } });
    expect(listed).toMatchObject({ id: 3, result: { sessions: [{ session_id }] } });
    expect(read).toMatchObject({ id: 4, result: { message_count: 5, state: "idle" } });
    expect(interrupted).toMatchObject({ id: 6, result: { interrupted: false } });
    expect(archived).toMatchObject({ id: 5, result: { archived: true } });
    expect(chosen).toMatchObject({ id: 7, result: { turns: 1 } });
    expect(config).toMatchObject({ id: 8, result: { generation: 0 } });
    expect(conflict).toMatchObject({
      id: 9,
      error: {
        code: -32602,
        message: "Generation conflict: expected 3, current 0",
        data: { type: "generation_conflict", expected_generation: 3, current_generation: 0 },
      },
    });
  });

  describe("on configuration", () => {
    const json = { "Content-Type": "application/json" };

    /** A realm whose config was written so often. */
    async function realmAt(generation: number): Promise<string> {
      const realm = `guide-${crypto.randomUUID()}`;
      for (let written = 0; written < generation; written += 1) {
        const init = { method: "PATCH", headers: json, body: "{}" };
        await fetch(`${server.url}/realms/${realm}/config`, init);
      }
      return `${server.url}/realms/${realm}`;
    }

    async function send(url: string, method: string, body: string): Promise<unknown> {
      return (await fetch(url, { method, headers: json, body })).json();
    }

    it("runs in JSON-RPC", async () => {
      const url = `${await realmAt(3)}/rpc`;

      expect(
        await send(url, "POST", '{"jsonrpc": "2.0", "id": 8, "method": "config/get"}'),
      ).toEqual(
        expect.objectContaining({ id: 8, result: expect.objectContaining({ generation: 3 }) }),
      );
      const set = `{
        "jsonrpc": "2.0", "id": 9,
        "method": "config/set",
        "params": {
          "config": {"agent": {"model": "gpt-5.2"}},
          "expected_generation": 3
        }
      }`;
      expect(await send(url, "POST", set)).toMatchObject({ id: 9, result: { generation: 4 } });
      const patch = `{
        "jsonrpc": "2.0", "id": 10,
        "method": "config/patch",
        "params": {
          "patch": {"agent": {"max_tokens_per_turn": 8192}},
          "expected_generation": 4
        }
      }`;
      expect(await send(url, "POST", patch)).toMatchObject({
        id: 10,
        result: {
          config: { agent: { model: "gpt-5.2", max_tokens_per_turn: 8192 } },
          generation: 5,
        },
      });
    });

    it("runs in REST", async () => {
      const url = `${await realmAt(3)}/config`;

      expect(await (await fetch(url)).json()).toMatchObject({ config: {}, generation: 3 });
      const set = '{"config": {"agent": {"model": "gpt-5.2"}}, "expected_generation": 3}';
      expect(await send(url, "PUT", set)).toMatchObject({ generation: 4 });
      const patch = '{"patch": {"agent": {"max_tokens_per_turn": 8192}}, "expected_generation": 4}';
      expect(await send(url, "PATCH", patch)).toMatchObject({
        config: { agent: { model: "gpt-5.2", max_tokens_per_turn: 8192 } },
        generation: 5,
      });
    });

    it("runs in MCP", async () => {
      const url = `${await realmAt(0)}/mcp`;
      const client = new Client({ name: "guide", version: "1" });
      await client.connect(new StreamableHTTPClientTransport(new URL(url)));

      const read = await client.callTool({ name: "meerkat_config", arguments: { action: "get" } });
      const patched = await client.callTool({
        name: "meerkat_config",
        arguments: {
          action: "patch",
          patch: { agent: { max_tokens_per_turn: 8192 } },
        },
      });
      const told = await client.callTool({
        name: "meerkat_config",
        arguments: { action: "history" },
      });
      await client.close();

      expect(read.structuredContent).toMatchObject({ config: {}, generation: 0 });
      expect(patched.structuredContent).toMatchObject({ generation: 1 });
      expect(told.structuredContent).toMatchObject({ history: [{ action: "patch" }] });
    });

    it("runs in the CLI", async () => {
      const url = await realmAt(2);
      const env = { RKAT_URL: server.url, RKAT_REALM: url.slice(url.lastIndexOf("/") + 1) };
      const config = (...args: string[]) => rkat(["config", ...args], env);

      expect(await config("get")).toEqual({
        code: 0,
        stdout: "# nothing is set: defaults hold\n",
        stderr: "",
      });
      expect(await config("set", "--json", '{"agent": {"model": "gpt-5.2"}}')).toEqual({
        code: 0,
        stdout: "generation=3\n",
        stderr: "",
      });
      const patch = ["--json", '{"budget": {"max_tokens": 50000}}', "--expected-generation", "3"];
      expect(await config("patch", ...patch)).toMatchObject({ stdout: "generation=4\n" });
      const shown = await config("get", "--format", "json", "--with-generation");
      expect(JSON.parse(shown.stdout)).toMatchObject({
        config: { agent: { model: "gpt-5.2" }, budget: { max_tokens: 50000 } },
        generation: 4,
      });
    });
  });
});
