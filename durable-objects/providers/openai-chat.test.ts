import { describe, expect, inject, it } from "vitest";
import type { AssistantBlock } from "../../sdk/contract/index.ts";
import { createOpenAiChat } from "./openai-chat.ts";
import type { ModelRequest, StoredMessage } from "./provider.ts";
import { assistant, hear, modelRequest, toolResults, user } from "./wire/call.ts";
import type { Heard } from "./wire/call.ts";
import {
  chatCall,
  chatCalls,
  chatChunk,
  chatDone,
  chatText,
  chatUsage,
  chunks,
  frame,
} from "./wire/openai.ts";
import { wire } from "./wire/script.ts";

const vendor = wire(inject("wireUrl"));
const never = new AbortController().signal;
const tools = [{ name: "weather", description: "Tells it", inputSchema: { type: "object" } }];

/** Asks once for each request, and returns what was heard and the raw bodies that were sent. */
async function ask(
  streams: readonly (readonly string[])[],
  next: (heard: readonly Heard[]) => Partial<ModelRequest>,
): Promise<{ heard: Heard[]; bodies: string[] }> {
  const key = crypto.randomUUID();
  await vendor.script(
    key,
    streams.map((frames) => ({ chunks: chunks(frames) })),
  );
  const provider = createOpenAiChat({ apiKey: "", baseUrl: `${vendor.base(key)}/v1` });
  const heard: Heard[] = [];
  for (const _ of streams) {
    heard.push(
      await hear(provider.stream(modelRequest({ model: "qwen3", ...next(heard) }), never)),
    );
  }
  return { heard, bodies: (await vendor.requests(key)).map(({ body }) => body) };
}

async function hearFrames(frames: readonly string[]): Promise<Heard> {
  const { heard } = await ask([frames], () => ({}));
  return heard[0]!; // One stream, one answer.
}

async function bodyOf(about: Partial<ModelRequest>): Promise<Record<string, unknown>> {
  const { bodies } = await ask([chatText("ok")], () => about);
  return JSON.parse(bodies[0] ?? "") as Record<string, unknown>; // A body is an object.
}

describe("an answer of Chat Completions", () => {
  it.each(["reasoning", "reasoning_content"])("may think in `%s`", async (key) => {
    const { reasoning, text, end } = await hearFrames([
      chatChunk({ role: "assistant", content: "" }),
      chatChunk({ [key]: "Two and " }),
      chatChunk({ [key]: "two." }),
      chatChunk({ content: "4" }),
      chatChunk({}, "stop"),
      chatDone,
    ]);

    expect(reasoning).toBe("Two and two.");
    expect(text).toBe("4");
    expect(end).toMatchObject({
      blocks: [
        { block_type: "reasoning", data: { text: reasoning } },
        { block_type: "text", data: { text: "4" } },
      ],
      native: {
        provider: "self_hosted",
        model: "qwen3",
        content: { role: "assistant", content: "4", [key]: reasoning },
      },
    });
  });

  it("may call tools in fragments, interleaved, and numbered from 1", async () => {
    const { end } = await hearFrames([
      chatChunk(chatCall(1, "", { id: "c1", name: "weather" })),
      chatChunk(chatCall(2, "", { id: "c2", name: "now" })),
      chatChunk(chatCall(1, '{"city":')),
      chatChunk(chatCall(1, '"Paris"}')),
      chatChunk({}, "tool_calls"),
      chatDone,
    ]);

    expect(end).toMatchObject({ stop: "tool_use", rawStop: "tool_calls" });
    expect(end?.blocks).toEqual([
      { block_type: "tool_use", data: { id: "c1", name: "weather", args: { city: "Paris" } } },
      { block_type: "tool_use", data: { id: "c2", name: "now", args: {} } },
    ]);
    expect(end?.native.content).toMatchObject({
      tool_calls: [
        { id: "c1", type: "function", function: { arguments: '{"city":"Paris"}' } },
        { id: "c2", type: "function", function: { arguments: "{}" } },
      ],
    });
  });

  it("may number every parallel call 0", async () => {
    const { end } = await hearFrames([
      chatChunk(chatCall(0, '{"n":1}', { id: "c1", name: "now" })),
      chatChunk(chatCall(0, '{"n":2}', { id: "c2", name: "now" })),
      chatChunk({}, "stop"),
      chatDone,
    ]);

    expect(end?.stop).toBe("tool_use");
    expect(end?.blocks).toMatchObject([{ data: { args: { n: 1 } } }, { data: { args: { n: 2 } } }]);
  });

  it("gets an id for a call that has none, the same in blocks and replay", async () => {
    const { end } = await hearFrames([
      chatChunk(chatCall(0, "{}", { name: "now" })),
      chatChunk({}, "tool_calls"),
      chatDone,
    ]);

    const [block] = end?.blocks ?? [];
    const id = block?.block_type === "tool_use" ? block.data.id : "";
    expect(id).toMatch(/^call_.{36}$/);
    expect(end?.native.content).toMatchObject({ tool_calls: [{ id }] });
  });

  it("keeps broken arguments as text, and replays something that parses", async () => {
    const args = '{"city":"Par';

    const { end } = await hearFrames(chatCalls([{ id: "c1", name: "weather", args }]));

    expect(end?.blocks).toMatchObject([{ data: { id: "c1", args } }]);
    expect(end?.native.content).toMatchObject({
      tool_calls: [{ function: { arguments: JSON.stringify({ invalid_json: args }) } }],
    });
  });

  it("is charged with cached and reasoning tokens inside the totals", async () => {
    const usage = {
      input_tokens: 300,
      cache_read_tokens: 256,
      output_tokens: 20,
      reasoning_tokens: 8,
    };

    const { end, events } = await hearFrames(chatText("hi"));

    expect(end?.usage).toEqual(usage);
    expect(events).toContainEqual({ type: "usage", usage });
  });

  it("may come without usage, without an end marker, and with usage in every chunk", async () => {
    const plain = {
      prompt_tokens: 5,
      completion_tokens: 1,
      total_tokens: 6,
      prompt_tokens_details: null,
    };
    const none = await hearFrames([chatChunk({ content: "hi" }), chatChunk({}, "stop")]);
    const every = await hearFrames([
      chatUsage(plain),
      chatChunk({ content: "hi" }),
      chatUsage({ ...plain, completion_tokens: 2 }),
      chatChunk({}, "stop"),
      chatUsage({ ...plain, completion_tokens: 3 }),
    ]);

    expect(none.end).toMatchObject({
      stop: "end_turn",
      usage: { input_tokens: 0, output_tokens: 0 },
    });
    expect(every.text).toBe("hi");
    expect(every.end?.usage).toEqual({ input_tokens: 5, output_tokens: 3 });
  });

  it.each([
    ["stop", "end_turn"],
    ["length", "max_tokens"],
    ["content_filter", "content_filter"],
    ["tool_calls", "end_turn"],
    ["eos_reached", "end_turn"],
  ])("may finish with `%s`", async (rawStop, stop) => {
    const { end } = await hearFrames([
      chatChunk({ content: "x" }),
      chatChunk({}, rawStop),
      chatDone,
    ]);

    expect(end).toMatchObject({ stop, rawStop });
  });

  it("may be a refusal", async () => {
    const { text, end } = await hearFrames([
      chatChunk({ refusal: "I will not." }),
      chatChunk({}, "stop"),
      chatDone,
    ]);

    expect(text).toBe("I will not.");
    expect(end).toMatchObject({ stop: "content_filter", blocks: [{ data: { text } }] });
  });

  it("may not end with [DONE] alone", async () => {
    const { end, error } = await hearFrames([chatChunk({ content: "x" }), chatDone]);

    expect(end).toBeUndefined();
    expect(error).toMatchObject({ kind: "stream_truncated" });
  });

  it("fails with an error chunk in the middle", async () => {
    const error = { message: "CUDA out of memory", type: "server_error", code: 500 };

    const heard = await hearFrames([chatChunk({ content: "x" }), frame({ error })]);

    expect(heard.text).toBe("x");
    expect(heard.end).toBeUndefined();
    expect(heard.error).toMatchObject({ kind: "server_error", retryable: true });
    expect(heard.error?.message).toContain("CUDA out of memory");
  });

  it("may hold chunks that nobody knows yet", async () => {
    const odd = [frame({ object: "hologram" }), frame({ choices: [{ index: 0 }] })];

    const { text, end, error } = await hearFrames([...odd, ...chatText("hi there")]);

    expect(error).toBeUndefined();
    expect(text).toBe("hi there");
    expect(end?.stop).toBe("end_turn");
  });
});

describe("a request to Chat Completions", () => {
  it("replays the model's own message, and extends the body before it", async () => {
    const args = '{ "city" : "Paris" }';
    const first = [
      chatChunk({ reasoning: "Hm" }),
      ...chatCalls([{ id: "c1", name: "weather", args }]),
    ];

    const { bodies } = await ask([first, chatText("12 degrees")], ([step]) => ({
      tools,
      messages: step?.end
        ? [user("Weather?"), assistant(step.end), toolResults({ c1: "12" })]
        : [user("Weather?")],
    }));

    const [before = "", after = ""] = bodies;
    const shared = before.slice(0, before.lastIndexOf("]"));
    const call = { id: "c1", type: "function", function: { name: "weather", arguments: args } };
    const added = [
      { role: "assistant", content: null, tool_calls: [call], reasoning: "Hm" },
      { role: "tool", tool_call_id: "c1", content: "12" },
    ];
    expect(after).toBe(`${shared},${added.map((item) => JSON.stringify(item)).join(",")}]}`);
  });

  it("says what it wants in the protocol's words", async () => {
    const params = {
      reasoning_effort: "low",
      seed: 7,
      frequency_penalty: 0.1,
      presence_penalty: "high",
      top_p: 0.5,
      top_k: 3,
    };

    const body = await bodyOf({ tools, params, temperature: 0.2, maxTokens: 99 });

    expect(body).toEqual({
      model: "qwen3",
      tools: [{ type: "function", function: expect.objectContaining({ name: "weather" }) }],
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 99,
      reasoning_effort: "low",
      seed: 7,
      frequency_penalty: 0.1,
      top_p: 0.5,
      temperature: 0.2,
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hello" },
      ],
    });
    expect(Object.keys(body).at(-1)).toBe("messages");
  });

  it("rebuilds what another vendor said from its blocks", async () => {
    const blocks: AssistantBlock[] = [
      { block_type: "reasoning", data: { text: "secret" } },
      { block_type: "text", data: { text: "Checking." } },
      { block_type: "tool_use", data: { id: "t1", name: "weather", args: { city: "Rome" } } },
    ];
    const step: StoredMessage = {
      role: "block_assistant",
      blocks,
      stop_reason: "tool_use",
      created_at: "",
      native: { provider: "gemini", model: "qwen3", content: {} },
    };
    const empty: StoredMessage = { ...step, blocks: [], stop_reason: "cancelled" };

    const body = await bodyOf({ messages: [user("Hi"), step, toolResults({ t1: "20" }), empty] });

    const call = { name: "weather", arguments: '{"city":"Rome"}' };
    expect(body["messages"]).toEqual([
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hi" },
      {
        role: "assistant",
        content: "Checking.",
        tool_calls: [{ id: "t1", type: "function", function: call }],
      },
      { role: "tool", tool_call_id: "t1", content: "20" },
    ]);
  });

  it("shows images, those of tool results after all the results", async () => {
    const image = {
      type: "image",
      media_type: "image/png",
      source: "inline",
      data: "AAAA",
    } as const;
    const results = [
      { tool_use_id: "t1", content: [image], is_error: false },
      { tool_use_id: "t2", content: [{ type: "text", text: "two" } as const], is_error: false },
    ];

    const { messages } = await bodyOf({
      system: undefined,
      messages: [user([image]), { role: "tool_results", results, created_at: "" }],
    });

    const part = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
    expect(messages).toEqual([
      { role: "user", content: [part] },
      { role: "tool", tool_call_id: "t1", content: "(an image, shown below)" },
      { role: "tool", tool_call_id: "t2", content: "two" },
      { role: "user", content: [{ type: "text", text: expect.any(String) }, part] },
    ]);
  });
});
