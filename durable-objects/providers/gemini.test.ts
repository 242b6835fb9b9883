import { describe, expect, inject, it } from "vitest";
import { createGemini } from "./gemini.ts";
import type { ModelRequest, Provider } from "./provider.ts";
import { assistant, type Heard, hear, modelRequest, toolResults, user } from "./wire/call.ts";
import { chunk, failure, parts, usage } from "./wire/gemini.ts";
import { chunks, splinters } from "./wire/openai.ts";
import { type Reply, wire } from "./wire/script.ts";

const server = wire(inject("wireUrl"));
const apiKey = "AIzaSyVerySecretKey0123456789abcdefghij";

async function vendor(...replies: Reply[]) {
  const key = crypto.randomUUID();
  await server.script(key, replies);
  return { key, provider: createGemini({ apiKey, baseUrl: server.base(key) }) };
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

const hello = [
  parts([{ text: "Hel" }], usage(12, 1)),
  parts([{ text: "lo" }], { finishReason: "STOP", ...usage(12, 2) }),
];

describe("an answer of Gemini", () => {
  it("arrives as deltas and one end", async () => {
    const { events, error } = await says(...hello);

    expect(error).toBeUndefined();
    expect(events).toEqual([
      { type: "text", delta: "Hel" },
      { type: "usage", usage: { input_tokens: 12, output_tokens: 1 } },
      { type: "text", delta: "lo" },
      { type: "usage", usage: { input_tokens: 12, output_tokens: 2 } },
      {
        type: "end",
        stop: "end_turn",
        rawStop: "STOP",
        blocks: [{ block_type: "text", data: { text: "Hello" } }],
        native: {
          provider: "gemini",
          model: "a-model",
          content: [{ text: "Hel" }, { text: "lo" }],
        },
        usage: { input_tokens: 12, output_tokens: 2 },
      },
    ]);
  });

  it("tells thoughts from text, and keeps the seal on an empty last part", async () => {
    const sealed = [
      { text: "Hm. ", thought: true },
      { text: "Yes.", thought: true },
      { text: "Done." },
      { text: "", thoughtSignature: "c2VhbA==" },
    ];
    const { text, reasoning, end } = await says(
      parts(sealed.slice(0, 1)),
      parts(sealed.slice(1, 3)),
      parts([...sealed.slice(3), { text: "" }], { finishReason: "STOP" }),
    );

    expect(text).toBe("Done.");
    expect(reasoning).toBe("Hm. Yes.");
    expect(end?.blocks).toEqual([
      { block_type: "reasoning", data: { text: "Hm. Yes." } },
      { block_type: "text", data: { text: "Done." } },
    ]);
    expect(end?.native.content).toEqual(sealed);
  });

  it("holds parallel tool calls, with the vendor's ids and with ids of our own", async () => {
    const { end } = await says(
      parts([
        {
          functionCall: { id: "fc-1", name: "lookup", args: { city: "Paris" } },
          thoughtSignature: "c2VhbA==",
        },
        { functionCall: { name: "lookup", args: { city: "Rome" } } },
        { functionCall: { name: "now" } },
      ]),
      parts([], { finishReason: "STOP" }),
    );

    const made = expect.stringMatching(/^call_./) as unknown; // Vitest types its matchers as `any`.
    expect(end?.stop).toBe("tool_use");
    expect(end?.blocks).toEqual([
      { block_type: "tool_use", data: { id: "fc-1", name: "lookup", args: { city: "Paris" } } },
      { block_type: "tool_use", data: { id: made, name: "lookup", args: { city: "Rome" } } },
      { block_type: "tool_use", data: { id: made, name: "now", args: {} } },
    ]);
  });

  it("counts thoughts as output and the cache as input", async () => {
    const counts = usage(100, 5, { thoughtsTokenCount: 7, cachedContentTokenCount: 60 });
    const { end } = await says(parts([{ text: "Hi" }], { finishReason: "STOP", ...counts }));

    expect(end?.usage).toEqual({
      input_tokens: 100,
      output_tokens: 12,
      cache_read_tokens: 60,
      reasoning_tokens: 7,
    });
  });

  it("keeps parts and fields it does not know", async () => {
    const code = { executableCode: { language: "PYTHON", code: "1+1" }, mystery: 1 };
    const { text, end, error } = await says(
      chunk({ weather: "sunny" }),
      parts([code, { text: "ok", shiny: true }], { groundingMetadata: {} }),
      parts([], { finishReason: "GONE_FISHING" }),
    );

    expect(error).toBeUndefined();
    expect(text).toBe("ok");
    expect(end?.native.content).toEqual([code, { text: "ok", shiny: true }]);
    expect(end?.blocks[0]).toEqual({
      block_type: "server_tool_content",
      data: { kind: "executableCode", content: code },
    });
    expect(end).toMatchObject({ stop: "end_turn", rawStop: "GONE_FISHING" });
  });

  it.each([
    ["MAX_TOKENS", "max_tokens"],
    ["SAFETY", "content_filter"],
    ["RECITATION", "content_filter"],
    ["IMAGE_SAFETY", "content_filter"],
    ["MALFORMED_FUNCTION_CALL", "end_turn"],
  ])("that stops with %s means %s", async (rawStop, stop) => {
    const { end } = await says(parts([{ text: "So" }], { finishReason: rawStop }));

    expect(end).toMatchObject({ stop, rawStop });
  });

  it.each([
    ["has no content", [chunk({ candidates: [{ finishReason: "SAFETY", index: 0 }] })], "SAFETY"],
    ["has no candidates", [chunk({ promptFeedback: { blockReason: "OTHER" } })], "OTHER"],
  ])("may be a refusal that %s", async (_, frames, rawStop) => {
    const { end, error } = await says(...frames);

    expect(error).toBeUndefined();
    expect(end).toMatchObject({
      stop: "content_filter",
      rawStop,
      blocks: [],
      native: { content: [] },
    });
  });

  it("survives cuts inside characters and other line ends", async () => {
    const frames = [parts([{ text: "žluťoučký 🦡 日本" }], { finishReason: "STOP" })];
    const cut = await answerTo({ chunks: splinters(frames, 7) });
    const lf = await says(...frames.map((frame) => frame.replaceAll("\r\n", "\n")));

    expect(cut.text).toBe("žluťoučký 🦡 日本");
    expect(lf.events).toEqual(cut.events);
  });

  it("is complete once the vendor said why it stopped, however the connection ends", async () => {
    const { end, error } = await answerTo({ chunks: chunks(hello), end: "reset" });

    expect(error).toBeUndefined();
    expect(end?.stop).toBe("end_turn");
  });
});

describe("a failure of Gemini", () => {
  it.each([
    ["is cut before its end", { chunks: chunks(hello.slice(0, 1)) }],
    ["is cut inside an event", { chunks: chunks([parts([{ text: "a" }]), 'data: {"cand']) }],
    ["is cut inside an event that looks whole", { chunks: chunks(['data: {"cand\r\n\r\n']) }],
    ["is empty", { chunks: [] }],
  ])("is a stream that %s", async (_, reply) => {
    const { end, error } = await answerTo(reply);

    expect(end).toBeUndefined();
    expect(error).toMatchObject({ kind: "stream_truncated", retryable: true });
  });

  it.each([
    ["text/html", "<html>Sign in</html>"],
    ["application/json", '[{"candidates":[]}]'],
  ])("is a success that is %s", async (type, data) => {
    const { error } = await answerTo({ headers: { "content-type": type }, chunks: [{ data }] });

    expect(error).toMatchObject({ kind: "bad_response", retryable: false });
  });

  it("is an error in mid-stream", async () => {
    const { text, error } = await says(
      ...hello.slice(0, 1),
      chunk(failure(503, "UNAVAILABLE", "The model is overloaded.")),
    );

    expect(text).toBe("Hel");
    expect(error).toMatchObject({
      kind: "overloaded",
      retryable: true,
      message: "gemini answered 503: The model is overloaded.",
    });
  });

  it("is an answer that the model could not form", async () => {
    const { end, error } = await says(parts([], { finishReason: "MALFORMED_FUNCTION_CALL" }));

    expect(end).toBeUndefined();
    expect(error).toMatchObject({ kind: "bad_response", retryable: true });
  });

  it.each([
    [401, "UNAUTHENTICATED", "auth", false],
    [400, "INVALID_ARGUMENT", "invalid_request", false],
    [404, "NOT_FOUND", "not_found", false],
    [500, "INTERNAL", "server_error", true],
    [503, "UNAVAILABLE", "overloaded", true],
  ])("is status %i", async (status, name, kind, retryable) => {
    const data = JSON.stringify(failure(status, name, "Too bad"));
    const { error } = await answerTo({ status, chunks: [{ data }] });

    const message = `gemini answered ${status}: Too bad`;
    expect(error).toMatchObject({ kind, retryable, status, message });
  });

  it("is a proxy's error page", async () => {
    const { error } = await answerTo({ status: 502, chunks: [{ data: "<html>Bad</html>" }] });

    expect(error).toMatchObject({ kind: "server_error", message: "gemini answered 502" });
  });

  it("is a wrong key, though the vendor calls it an invalid argument", async () => {
    const details = [{ "@type": "ErrorInfo", reason: "API_KEY_INVALID" }];
    const data = JSON.stringify(
      failure(400, "INVALID_ARGUMENT", `API key not valid: ${apiKey}`, details),
    );
    const { error } = await answerTo({ status: 400, chunks: [{ data }] });

    expect(error).toMatchObject({ kind: "auth", retryable: false });
    expect(JSON.stringify([error, String(error)])).not.toContain("VerySecret");
  });

  it.each<[string, Reply, number]>([
    ["body", body429([{ "@type": "RetryInfo", retryDelay: "34.4s" }]), 34_400],
    ["header", { ...body429(), headers: { "retry-after": "17" } }, 17_000],
  ])("says how long to wait in its %s", async (_, reply, retryAfterMs) => {
    const { error } = await answerTo(reply);

    expect(error).toMatchObject({ kind: "rate_limited", retryable: true, retryAfterMs });
  });

  it("is a connection that breaks", async () => {
    const { error } = await answerTo({ chunks: chunks(hello.slice(0, 1)), end: "reset" });

    expect(error).toMatchObject({ kind: "network", retryable: true });
  });

  it("is silence before the headers, and closes the connection", async () => {
    const { key, provider } = await vendor({ holdHeaders: true });
    const { error } = await ask(provider, { timeouts: { headersMs: 50, idleMs: 10_000 } });

    expect(error).toMatchObject({ kind: "header_timeout", retryable: true });
    expect(await server.requests(key, "aborted")).toMatchObject([{ aborted: true }]);
  });

  it("is silence in mid-stream, and closes the connection", async () => {
    const { key, provider } = await vendor({ chunks: chunks(hello.slice(0, 1)), end: "hang" });
    const { text, error } = await ask(provider, { timeouts: { headersMs: 10_000, idleMs: 50 } });

    expect(text).toBe("Hel");
    expect(error).toMatchObject({ kind: "idle_timeout", retryable: true });
    expect(await server.requests(key, "aborted")).toMatchObject([{ aborted: true }]);
  });
});

function body429(details: Record<string, unknown>[] = []): Reply {
  const data = JSON.stringify(failure(429, "RESOURCE_EXHAUSTED", "Slow down", details));
  return { status: 429, chunks: [{ data }] };
}

describe("an aborted call of Gemini", () => {
  it.each<[string, Reply]>([
    ["in mid-stream", { chunks: chunks(hello.slice(0, 1)), end: "hang" }],
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

  it("closes the connection when nobody listens any more", async () => {
    const { key, provider } = await vendor({ chunks: chunks(hello.slice(0, 1)), end: "hang" });
    for await (const event of provider.stream(modelRequest(), new AbortController().signal)) {
      if (event.type === "text") break;
    }

    expect(await server.requests(key, "aborted")).toMatchObject([{ aborted: true }]);
  });
});

describe("a request to Gemini", () => {
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
    const said = [
      { text: "Looking \u2028 é", thought: true },
      {
        functionCall: { id: "fc-1", name: "lookup", args: { b: 1, a: "é" } },
        thoughtSignature: "c2VhbA==",
      },
      { functionCall: { name: "now", args: {} } },
      { text: "", thoughtSignature: "ZW5k" },
    ];
    const first = { chunks: chunks([parts(said), parts([], { finishReason: "STOP" })]) };
    const { key, provider } = await vendor(first, { chunks: chunks(hello) });
    const messages = [user("Hello")];
    const { end } = await ask(provider, { tools, messages });
    if (!end) throw new Error("no end");
    const ids = end.blocks.flatMap((block) =>
      block.block_type === "tool_use" ? [block.data.id] : [],
    );
    messages.push(
      assistant(end),
      toolResults(Object.fromEntries(ids.map((id, at) => [id, `found ${at}`]))),
    );
    await ask(provider, { tools, messages });

    const [one = "", two = ""] = (await server.requests(key)).map(({ body }) => body);
    expect(two.startsWith(one.slice(0, one.lastIndexOf("]")))).toBe(true);
    const results = [
      { functionResponse: { id: "fc-1", name: "lookup", response: { result: "found 0" } } },
      { functionResponse: { name: "now", response: { result: "found 1" } } },
    ];
    expect(two.slice(one.lastIndexOf("]"))).toBe(
      `,${JSON.stringify({ role: "model", parts: said })},` +
        `${JSON.stringify({ role: "user", parts: results })}]}`,
    );
  });

  it("goes to the model's stream with the key in a header, once", async () => {
    const { key, provider } = await vendor({ status: 503 }, { chunks: chunks(hello) });
    await ask(provider, { tools });

    const requests = await server.requests(key);
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({
      method: "POST",
      path: `/${key}/v1beta/models/a-model:streamGenerateContent?alt=sse`,
      headers: { "x-goog-api-key": apiKey, "content-type": "application/json" },
    });
    expect(JSON.parse(requests[0]?.body ?? "")).toEqual({
      systemInstruction: { parts: [{ text: "Be brief." }] },
      tools: [
        {
          functionDeclarations: [
            {
              name: "lookup",
              description: "Looks up",
              parametersJsonSchema: { type: "object", properties: {} },
            },
          ],
        },
      ],
      generationConfig: { maxOutputTokens: 1000 },
      contents: [{ role: "user", parts: [{ text: "Hello" }] }],
    });
  });

  it("takes the vendor's parameters", async () => {
    const thinking = { include_thoughts: true, thinking_budget: 512 };
    const params = { thinking, top_p: "0.9", top_k: 3, zz: 1 };

    expect(await bodyOf({ params, temperature: 0.7 })).toMatchObject({
      generationConfig: {
        maxOutputTokens: 1000,
        temperature: 0.7,
        topP: 0.9,
        topK: 3,
        thinkingConfig: { includeThoughts: true, thinkingBudget: 512 },
      },
    });
  });

  it("carries images, failed tools and later instructions", async () => {
    const created_at = "";
    const image = {
      type: "image",
      media_type: "image/png",
      source: "inline",
      data: "AAAA",
    } as const;
    const text = { type: "text", text: "See" } as const;
    const call = { id: "t1", name: "lookup", args: {} };
    const { contents } = await bodyOf({
      messages: [
        user([text, image]),
        {
          role: "block_assistant",
          stop_reason: "tool_use",
          blocks: [{ block_type: "tool_use", data: call }],
          created_at,
        },
        {
          role: "tool_results",
          results: [{ tool_use_id: "t1", content: [text, image], is_error: true }],
          created_at,
        },
        { role: "system", content: "Be kind.", created_at },
      ],
    });

    const inlineData = { mimeType: "image/png", data: "AAAA" };
    const response = { error: "See" };
    expect(contents).toEqual([
      { role: "user", parts: [{ text: "See" }, { inlineData }] },
      {
        role: "model",
        parts: [
          {
            functionCall: { name: "lookup", args: {} },
            thoughtSignature: "skip_thought_signature_validator",
          },
        ],
      },
      {
        role: "user",
        parts: [{ functionResponse: { name: "lookup", response, parts: [{ inlineData }] } }],
      },
      { role: "user", parts: [{ text: "Be kind." }] },
    ]);
  });

  it("rebuilds what another vendor's model said, without its thoughts", async () => {
    const { contents } = await bodyOf({
      messages: [
        user("Hello"),
        {
          role: "block_assistant",
          stop_reason: "end_turn",
          created_at: "",
          native: { provider: "anthropic", model: "claude", content: ["foreign"] },
          blocks: [
            { block_type: "reasoning", data: { text: "secret" } },
            { block_type: "text", data: { text: "Hi" } },
          ],
        },
        { role: "block_assistant", stop_reason: "cancelled", created_at: "", blocks: [] },
      ],
    });

    expect(contents).toEqual([
      { role: "user", parts: [{ text: "Hello" }] },
      { role: "model", parts: [{ text: "Hi" }] },
    ]);
  });
});
