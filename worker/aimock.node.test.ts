import { LLMock } from "@copilotkit/aimock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freshStateRoot, type Served, startServe } from "../cli/test-support.ts";

/** A second stand-in for the vendors, made by others: it shares none of our mistakes about their wire. */
describe("a running server before an independent mock of the vendors", () => {
  const mock = new LLMock({ port: 0 });
  let server: Served;

  beforeAll(async () => {
    mock.addFixtures([
      {
        match: { userMessage: "time", hasToolResult: false },
        response: {
          content: "Let me look.",
          toolCalls: [
            { id: "call_1", name: "datetime", arguments: JSON.stringify({ time_zone: "UTC" }) },
          ],
        },
      },
      { match: { userMessage: "time", hasToolResult: true }, response: { content: "It is late." } },
      { match: { userMessage: "hello" }, response: { content: "Hello yourself." } },
    ]);
    const url = await mock.start();
    server = await startServe(freshStateRoot(), {
      ANTHROPIC_API_KEY: "test",
      ANTHROPIC_BASE_URL: url,
      OPENAI_API_KEY: "test",
      OPENAI_BASE_URL: `${url}/v1`,
      GEMINI_API_KEY: "test",
      GEMINI_BASE_URL: url,
      SELF_HOSTED_BASE_URL: `${url}/v1`,
    });
  });

  afterAll(async () => {
    await server.end("SIGTERM");
    await mock.stop();
  });

  async function post(path: string, body: object): Promise<Record<string, unknown>> {
    const response = await fetch(`${server.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return response.json() as Promise<Record<string, unknown>>;
  }

  it.each([
    ["claude-sonnet-4-5", "anthropic"],
    ["gpt-5.2", "openai"],
    ["gemini-3-flash-preview", "gemini"],
    ["llama3.2", "self_hosted"],
  ])("loops through a tool with %s", async (model, provider) => {
    const first = await post("/sessions", {
      prompt: "what time is it?",
      model,
      provider,
      enable_builtins: true,
    });
    expect(first).toMatchObject({ text: "It is late.", turns: 2, tool_calls: 1 });

    const path = `/sessions/${String(first.session_id)}/messages`;
    expect(await post(path, { prompt: "hello" })).toMatchObject({ text: "Hello yourself." });
  });
});
