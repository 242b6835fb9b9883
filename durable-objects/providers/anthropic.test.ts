import { describe, expect, inject, it } from "vitest";
import { createAnthropic } from "./anthropic.ts";
import type { ModelRequest, Provider } from "./provider.ts";
import {
  block,
  event,
  failure,
  messageEnd,
  messageStart,
  textBlock,
  thinkingBlock,
  toolBlock,
} from "./wire/anthropic.ts";
import { assistant, type Heard, hear, modelRequest, toolResults, user } from "./wire/call.ts";
import { chunks, splinters } from "./wire/openai.ts";
import { type Reply, wire } from "./wire/script.ts";

const server = wire(inject("wireUrl"));
const apiKey = "sk-ant-api03-very-secret-key-0123456789";

async function vendor(...replies: Reply[]) {
  const key = crypto.randomUUID();
  await server.script(key, replies);
  return { key, provider: createAnthropic({ apiKey, baseUrl: server.base(key) }) };
}

async function ask(
  provider: Provider,
  changes: Partial<ModelRequest> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Heard> {
  return await hear(provider.stream(modelRequest(changes), signal));
}

async function answerTo(reply: Reply, changes: Partial<ModelRequest> = {}): Promise<Heard> {
  const { provider } = await vendor(reply);
  return await ask(provider, changes);
}

async function says(...frames: string[]): Promise<Heard> {
  return await answerTo({ chunks: chunks(frames) });
}

const hello = [messageStart(), ...textBlock(0, "Hel", "lo"), ...messageEnd("end_turn")];

describe("an answer of Anthropic", () => {
  it("arrives as deltas and one end", async () => {
    const { events, error } = await says(...hello);

    expect(error).toBeUndefined();
    expect(events).toEqual([
      { type: "usage", usage: { input_tokens: 12, output_tokens: 1 } },
      { type: "text", delta: "Hel" },
      { type: "text", delta: "lo" },
      { type: "usage", usage: { input_tokens: 12, output_tokens: 7 } },
      {
        type: "end",
        stop: "end_turn",
        rawStop: "end_turn",
        blocks: [{ block_type: "text", data: { text: "Hello" } }],
        native: {
          provider: "anthropic",
          model: "a-model",
          content: [{ type: "text", text: "Hello" }],
        },
        usage: { input_tokens: 12, output_tokens: 7 },
      },
    ]);
  });

  it("keeps thinking, its seal and redacted thinking in place", async () => {
    const { reasoning, end } = await says(
      messageStart(),
      ...thinkingBlock(0, "Let me see.", "c2VhbA=="),
      ...block(1, { type: "redacted_thinking", data: "ZGFyaw==" }),
      ...textBlock(2, "Done."),
      ...messageEnd("end_turn"),
    );

    expect(reasoning).toBe("Let me see.");
    expect(end?.blocks).toEqual([
      { block_type: "reasoning", data: { text: "Let me see." } },
      { block_type: "text", data: { text: "Done." } },
    ]);
    expect(end?.native.content).toEqual([
      { type: "thinking", thinking: "Let me see.", signature: "c2VhbA==" },
      { type: "redacted_thinking", data: "ZGFyaw==" },
      { type: "text", text: "Done." },
    ]);
  });

  it("holds parallel tool calls, with and without arguments", async () => {
    const { end } = await says(
      messageStart(),
      ...toolBlock(0, "toolu_1", '{"city"', ':"Paris"}'),
      ...toolBlock(1, "toolu_2", ""),
      ...messageEnd("tool_use"),
    );

    expect(end?.stop).toBe("tool_use");
    expect(end?.blocks).toEqual([
      { block_type: "tool_use", data: { id: "toolu_1", name: "lookup", args: { city: "Paris" } } },
      { block_type: "tool_use", data: { id: "toolu_2", name: "lookup", args: {} } },
    ]);
  });

  it("gives invalid arguments as text, and replays them as an object", async () => {
    const { end } = await says(
      messageStart(),
      ...toolBlock(0, "toolu_1", '{"city": Par'),
      ...messageEnd("tool_use"),
    );

    expect(end?.blocks).toEqual([
      {
        block_type: "tool_use",
        data: { id: "toolu_1", name: "lookup", args: '{"city": Par' },
      },
    ]);
    expect(end?.native.content).toEqual([
      { type: "tool_use", id: "toolu_1", name: "lookup", input: {} },
    ]);
  });

  it("counts what the cache read and wrote as input", async () => {
    const { events, end } = await says(
      messageStart({ cache_read_input_tokens: 100, cache_creation_input_tokens: 20 }),
      ...textBlock(0, "Hi"),
      ...messageEnd("end_turn", { output_tokens_details: { thinking_tokens: 3 } }),
    );

    const input = { input_tokens: 132, cache_read_tokens: 100, cache_creation_tokens: 20 };
    expect(events[0]).toEqual({ type: "usage", usage: { ...input, output_tokens: 1 } });
    expect(end?.usage).toEqual({ ...input, output_tokens: 7, reasoning_tokens: 3 });
  });

  it("keeps events, blocks and deltas it does not know", async () => {
    const server = { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} };
    const { text, end, error } = await says(
      messageStart(),
      event({ type: "ping" }),
      event({ type: "weather_report", mood: "sunny" }),
      ...block(0, server, [{ type: "input_json_delta", partial_json: '{"q":"x"}' }]),
      ...block(1, { type: "hologram", id: "h1", light: "a" }, [{ type: "ray", light: "b", n: 2 }]),
      ...textBlock(2, "ok"),
      ...messageEnd("gone_fishing"),
    );

    expect(error).toBeUndefined();
    expect(text).toBe("ok");
    const search = { ...server, input: { q: "x" } };
    const hologram = { type: "hologram", id: "h1", light: "ab", n: 2 };
    expect(end?.native.content).toEqual([search, hologram, { type: "text", text: "ok" }]);
    expect(end?.blocks.slice(0, 2)).toEqual([
      {
        block_type: "server_tool_content",
        data: { id: "srvtoolu_1", kind: "server_tool_use", content: search },
      },
      {
        block_type: "server_tool_content",
        data: { id: "h1", kind: "hologram", content: hologram },
      },
    ]);
    expect(end).toMatchObject({ stop: "end_turn", rawStop: "gone_fishing" });
  });

  it("collects citations", async () => {
    const { end } = await says(
      messageStart(),
      ...block(0, { type: "text", text: "", citations: null }, [
        { type: "citations_delta", citation: { cited_text: "a" } },
        { type: "text_delta", text: "A" },
        { type: "citations_delta", citation: { cited_text: "b" } },
      ]),
      ...messageEnd("end_turn"),
    );

    expect(end?.native.content).toEqual([
      { type: "text", text: "A", citations: [{ cited_text: "a" }, { cited_text: "b" }] },
    ]);
  });

  it.each([
    ["max_tokens", "max_tokens"],
    ["model_context_window_exceeded", "max_tokens"],
    ["stop_sequence", "stop_sequence"],
    ["pause_turn", "end_turn"],
    ["refusal", "content_filter"],
  ])("that stops with %s means %s", async (rawStop, stop) => {
    const { end } = await says(messageStart(), ...textBlock(0, "So"), ...messageEnd(rawStop));

    expect(end).toMatchObject({ stop, rawStop });
  });

  it("may be a refusal with no content", async () => {
    const { end, error } = await says(messageStart(), ...messageEnd("refusal"));

    expect(error).toBeUndefined();
    expect(end).toMatchObject({ stop: "content_filter", blocks: [], native: { content: [] } });
  });

  it("survives cuts inside characters and other line ends", async () => {
    const frames = [
      messageStart(),
      ...textBlock(0, "žluťoučký 🦡", " 日本"),
      ...messageEnd("end_turn"),
    ];
    const cut = await answerTo({ chunks: splinters(frames, 7) });
    const crlf = await says(...frames.map((frame) => frame.replaceAll("\n", "\r\n")));

    expect(cut.end?.blocks).toEqual([{ block_type: "text", data: { text: "žluťoučký 🦡 日本" } }]);
    expect(crlf.events).toEqual(cut.events);
  });

  it("ends at its own end, even if the connection stays open", async () => {
    const { end, error } = await answerTo({ chunks: chunks(hello), end: "hang" });

    expect(error).toBeUndefined();
    expect(end?.stop).toBe("end_turn");
  });
});

describe("a failure of Anthropic", () => {
  it.each([
    ["is cut before its end", { chunks: chunks(hello.slice(0, -1)) }],
    ["is cut inside an event", { chunks: chunks([messageStart(), "event: content_bl"]) }],
    ["is empty", { chunks: [] }],
  ])("is a stream that %s", async (_, reply) => {
    const { end, error } = await answerTo(reply);

    expect(end).toBeUndefined();
    expect(error).toMatchObject({ kind: "stream_truncated", retryable: true });
  });

  it.each([
    ["text/html", "<html>Sign in</html>"],
    ["application/json", '{"type":"message","content":[]}'],
  ])("is a success that is %s", async (type, data) => {
    const { error } = await answerTo({ headers: { "content-type": type }, chunks: [{ data }] });

    expect(error).toMatchObject({ kind: "bad_response", retryable: false });
  });

  it.each([
    ["overloaded_error", "overloaded", true],
    ["api_error", "server_error", true],
    ["rate_limit_error", "rate_limited", true],
    ["invalid_request_error", "invalid_request", false],
    ["surprise_error", "server_error", true],
  ])("is %s in mid-stream", async (type, kind, retryable) => {
    const { text, error } = await says(...hello.slice(0, 3), event(failure(type, "Oh no")));

    expect(text).toBe("Hel");
    const message = `anthropic reported ${type}: Oh no`;
    expect(error).toMatchObject({ kind, retryable, message, status: undefined });
  });

  it.each([
    [401, "authentication_error", "auth", false],
    [400, "invalid_request_error", "invalid_request", false],
    [404, "not_found_error", "not_found", false],
    [500, "api_error", "server_error", true],
    [529, "overloaded_error", "overloaded", true],
  ])("is status %i", async (status, type, kind, retryable) => {
    const data = JSON.stringify(failure(type, "Overloaded"));
    const { error } = await answerTo({ status, chunks: [{ data }] });

    const message = `anthropic answered ${status}: Overloaded`;
    expect(error).toMatchObject({ kind, retryable, status, message });
  });

  it("says how long to wait", async () => {
    const data = JSON.stringify(failure("rate_limit_error", "Slow down"));
    const { error } = await answerTo({
      status: 429,
      headers: { "retry-after": "17" },
      chunks: [{ data }],
    });

    expect(error).toMatchObject({ kind: "rate_limited", retryable: true, retryAfterMs: 17_000 });
  });

  it("never tells the key", async () => {
    const data = JSON.stringify(failure("authentication_error", `invalid x-api-key: ${apiKey}`));
    const { error } = await answerTo({ status: 401, chunks: [{ data }] });

    expect(JSON.stringify([error, String(error)])).not.toContain("very-secret");
  });

  it("is a connection that breaks", async () => {
    const { error } = await answerTo({ chunks: chunks(hello.slice(0, 2)), end: "reset" });

    expect(error).toMatchObject({ kind: "network", retryable: true });
  });

  it("is a server that is not there", async () => {
    const provider = createAnthropic({ apiKey, baseUrl: "http://127.0.0.1:1" });
    const { error } = await ask(provider);

    expect(error).toMatchObject({ kind: "network", retryable: true });
  });

  it("is an event that is not JSON", async () => {
    const { error } = await says(messageStart(), "event: message_delta\ndata: {oops}\n\n");

    expect(error).toMatchObject({ kind: "stream_truncated", retryable: true });
  });

  it("is silence before the headers, and closes the connection", async () => {
    const { key, provider } = await vendor({ holdHeaders: true });
    const timeouts = { headersMs: 50, idleMs: 10_000 };
    const { error } = await ask(provider, { timeouts });

    expect(error).toMatchObject({ kind: "header_timeout", retryable: true });
    expect(await server.requests(key, "aborted")).toMatchObject([{ aborted: true }]);
  });

  it("is silence in mid-stream, and closes the connection", async () => {
    const { key, provider } = await vendor({ chunks: chunks(hello.slice(0, 3)), end: "hang" });
    const timeouts = { headersMs: 10_000, idleMs: 50 };
    const { text, error } = await ask(provider, { timeouts });

    expect(text).toBe("Hel");
    expect(error).toMatchObject({ kind: "idle_timeout", retryable: true });
    expect(await server.requests(key, "aborted")).toMatchObject([{ aborted: true }]);
  });
});

describe("an aborted call of Anthropic", () => {
  it.each<[string, Reply]>([
    ["in mid-stream", { chunks: chunks(hello.slice(0, 3)), end: "hang" }],
    ["before the headers", { holdHeaders: true }],
  ])("%s just ends, and closes the connection", async (_, reply) => {
    const { key, provider } = await vendor(reply);
    const caller = new AbortController();
    const listening = ask(provider, {}, caller.signal);
    await server.requests(key, 1);
    caller.abort();
    const { end, error } = await listening;

    expect(end).toBeUndefined();
    expect(error).toBeUndefined();
    expect(await server.requests(key, "aborted")).toMatchObject([{ aborted: true }]);
  });

  it("hears nothing more after the abort", async () => {
    const { key, provider } = await vendor({ chunks: chunks(hello.slice(0, 3)), end: "hang" });
    const caller = new AbortController();
    const stream = provider.stream(modelRequest(), caller.signal);
    const { text, events } = await hear(stream, ({ type }) => {
      if (type === "text") caller.abort();
    });

    expect(text).toBe("Hel");
    expect(events.at(-1)?.type).toBe("text");
    expect(await server.requests(key, "aborted")).toMatchObject([{ aborted: true }]);
  });
});

describe("a request to Anthropic", () => {
  const tools = [
    { name: "lookup", description: "Looks up", inputSchema: { type: "object", properties: {} } },
  ];

  async function bodyOf(changes: Partial<ModelRequest>): Promise<Record<string, unknown>> {
    const { key, provider } = await vendor({ chunks: chunks(hello) });
    await ask(provider, changes);
    const [request] = await server.requests(key);
    // Every body we send is an object.
    return JSON.parse(request?.body ?? "") as Record<string, unknown>;
  }

  it("replays a turn byte for byte, after the bytes of the turn before", async () => {
    const blocks = [
      ...thinkingBlock(0, "Hm. \u2028 é", "c2VhbA=="),
      ...block(1, { type: "redacted_thinking", data: "ZGFyaw==" }),
      ...textBlock(2, "Looking"),
      ...toolBlock(3, "toolu_1", '{"b":1,', '"a":"\\u00e9"}'),
    ];
    const first = { chunks: chunks([messageStart(), ...blocks, ...messageEnd("tool_use")]) };
    const { key, provider } = await vendor(first, { chunks: chunks(hello) });
    const messages = [user("Hello")];
    const { end } = await ask(provider, { tools, messages });
    if (!end) throw new Error("no end");
    messages.push(assistant(end), toolResults({ toolu_1: "found" }));
    await ask(provider, { tools, messages });

    const [one = "", two = ""] = (await server.requests(key)).map(({ body }) => body);
    expect(two.startsWith(one.slice(0, one.lastIndexOf("]")))).toBe(true);
    const replayed = [
      { type: "thinking", thinking: "Hm. \u2028 é", signature: "c2VhbA==" },
      { type: "redacted_thinking", data: "ZGFyaw==" },
      { type: "text", text: "Looking" },
      { type: "tool_use", id: "toolu_1", name: "lookup", input: { b: 1, a: "é" } },
    ];
    const results = [{ type: "tool_result", tool_use_id: "toolu_1", content: "found" }];
    expect(two.slice(one.lastIndexOf("]"))).toBe(
      `,${JSON.stringify({ role: "assistant", content: replayed })},` +
        `${JSON.stringify({ role: "user", content: results })}]}`,
    );
  });

  it("asks for caching, at the end and after the system prompt", async () => {
    const cache_control = { type: "ephemeral" };

    expect(await bodyOf({ tools })).toEqual({
      model: "a-model",
      max_tokens: 1000,
      stream: true,
      cache_control,
      system: [{ type: "text", text: "Be brief.", cache_control }],
      tools: [
        {
          name: "lookup",
          description: "Looks up",
          input_schema: { type: "object", properties: {} },
        },
      ],
      messages: [{ role: "user", content: "Hello" }],
    });
  });

  it("goes out with the key, once", async () => {
    const { key, provider } = await vendor({ status: 529 }, { chunks: chunks(hello) });
    await ask(provider);

    const requests = await server.requests(key);
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({
      method: "POST",
      path: `/${key}/v1/messages`,
      headers: { authorization: `Bearer ${apiKey}` },
    });
  });

  it("takes the vendor's parameters, and no sampling", async () => {
    const params = {
      thinking_budget: "2048",
      effort: "x_high",
      inference_geo: "eu",
      top_k: 3,
      zz: 1,
    };
    const body = await bodyOf({ params, temperature: 0.7 });

    expect(body).toMatchObject({
      thinking: { type: "enabled", budget_tokens: 2048 },
      output_config: { effort: "xhigh" },
      inference_geo: "eu",
    });
    for (const absent of ["temperature", "top_k", "top_p", "zz"])
      expect(body).not.toHaveProperty(absent);
    expect(await bodyOf({ params: { thinking: { type: "adaptive" } } })).toMatchObject({
      thinking: { type: "adaptive" },
    });
  });

  it("carries images, failed tools and later instructions", async () => {
    const at = { created_at: "" };
    const image = {
      type: "image",
      media_type: "image/png",
      source: "inline",
      data: "AAAA",
    } as const;
    const result = { tool_use_id: "t1", content: [image], is_error: true };
    const { messages } = await bodyOf({
      messages: [
        { role: "user", content: [{ type: "text", text: "See" }, image], ...at },
        { role: "tool_results", results: [result], ...at },
        { role: "system", content: "Be kind.", ...at },
      ],
    });

    const source = { type: "base64", media_type: "image/png", data: "AAAA" };
    const content = [{ type: "image", source }];
    expect(messages).toEqual([
      { role: "user", content: [{ type: "text", text: "See" }, ...content] },
      {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: "t1", content, is_error: true }],
      },
      { role: "system", content: "Be kind." },
    ]);
  });

  it("rebuilds what another vendor's model said, without its thoughts", async () => {
    const { messages } = await bodyOf({
      messages: [
        user("Hello"),
        {
          role: "block_assistant",
          stop_reason: "tool_use",
          created_at: "",
          native: { provider: "openai", model: "gpt", content: ["foreign"] },
          blocks: [
            { block_type: "reasoning", data: { text: "secret" } },
            { block_type: "text", data: { text: "Looking" } },
            { block_type: "tool_use", data: { id: "call_1", name: "lookup", args: "{broken" } },
          ],
        },
        toolResults({ call_1: "found" }),
        { role: "block_assistant", stop_reason: "cancelled", created_at: "", blocks: [] },
      ],
    });

    const content = [{ type: "tool_result", tool_use_id: "call_1", content: "found" }];
    expect(messages).toEqual([
      { role: "user", content: "Hello" },
      {
        role: "assistant",
        content: [
          { type: "text", text: "Looking" },
          { type: "tool_use", id: "call_1", name: "lookup", input: {} },
        ],
      },
      { role: "user", content },
    ]);
  });
});
