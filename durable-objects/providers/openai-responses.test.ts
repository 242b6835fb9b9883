import { describe, expect, inject, it } from "vitest";
import type { AssistantBlock } from "../../sdk/contract/index.ts";
import { createOpenAiResponses } from "./openai-responses.ts";
import type { ModelRequest, StoredMessage } from "./provider.ts";
import { assistant, hear, modelRequest, toolResults, user } from "./wire/call.ts";
import type { Heard } from "./wire/call.ts";
import {
  callItem,
  chunks,
  frame,
  messageItem,
  reasoningItem,
  refusalItem,
  responsesStream,
  responsesUsage,
} from "./wire/openai.ts";
import type { Json } from "./wire/openai.ts";
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
  const provider = createOpenAiResponses({ apiKey: "sk-1", baseUrl: `${vendor.base(key)}/v1` });
  const heard: Heard[] = [];
  for (const _ of streams) {
    heard.push(
      await hear(provider.stream(modelRequest({ model: "gpt-5.4", ...next(heard) }), never)),
    );
  }
  return { heard, bodies: (await vendor.requests(key)).map(({ body }) => body) };
}

async function hearFrames(frames: readonly string[]): Promise<Heard> {
  const { heard } = await ask([frames], () => ({}));
  return heard[0]!; // One stream, one answer.
}

async function bodyOf(about: Partial<ModelRequest>): Promise<Record<string, unknown>> {
  const { bodies } = await ask([responsesStream([messageItem("ok")])], () => about);
  return JSON.parse(bodies[0] ?? "") as Record<string, unknown>; // A body is an object.
}

function typed(type: string, data: Json): string {
  return frame({ type, ...data }, type);
}

describe("an answer of the Responses API", () => {
  it("shows its reasoning, and keeps the seal for the next request", async () => {
    const thought = reasoningItem(["Look it up. ", "Then say it."]);
    const said = messageItem("12 degrees", { phase: "final_answer" });

    const { reasoning, end } = await hearFrames(responsesStream([thought, said]));

    expect(reasoning).toBe("Look it up. \n\nThen say it.");
    expect(end?.blocks).toEqual([
      { block_type: "reasoning", data: { text: reasoning } },
      { block_type: "text", data: { text: "12 degrees" } },
    ]);
    expect(end?.native).toEqual({ provider: "openai", model: "gpt-5.4", content: [thought, said] });
  });

  it("keeps reasoning that shows nothing", async () => {
    const items = [reasoningItem([]), messageItem("hi")];

    const { end } = await hearFrames(responsesStream(items));

    expect(end?.blocks).toEqual([{ block_type: "text", data: { text: "hi" } }]);
    expect(end?.native.content).toEqual(items);
  });

  it("shows the open reasoning of models that do not summarise", async () => {
    const content = [{ type: "reasoning_text", text: "two and two" }];

    const { reasoning, end } = await hearFrames(
      responsesStream([reasoningItem([], { content }), messageItem("4")]),
    );

    expect(reasoning).toBe("two and two");
    expect(end?.blocks[0]).toEqual({ block_type: "reasoning", data: { text: "two and two" } });
  });

  it("calls tools in parallel, with arguments or without, and with broken ones", async () => {
    const calls = [
      callItem("c1", "weather", '{"city":"Paris"}'),
      callItem("c2", "now", ""),
      callItem("c3", "now", "{}"),
      callItem("c4", "weather", '{"city":"Par'),
      // Compatible servers have been seen to send them parsed already.
      { ...callItem("c5", "weather", "{}"), arguments: { city: "Rome" } },
    ];

    const { end, error } = await hearFrames(responsesStream([messageItem("Checking."), ...calls]));

    expect(error).toBeUndefined();
    expect(end).toMatchObject({ stop: "tool_use", rawStop: "completed" });
    expect(end?.blocks.slice(1)).toEqual([
      { block_type: "tool_use", data: { id: "c1", name: "weather", args: { city: "Paris" } } },
      { block_type: "tool_use", data: { id: "c2", name: "now", args: {} } },
      { block_type: "tool_use", data: { id: "c3", name: "now", args: {} } },
      { block_type: "tool_use", data: { id: "c4", name: "weather", args: '{"city":"Par' } },
      { block_type: "tool_use", data: { id: "c5", name: "weather", args: { city: "Rome" } } },
    ]);
  });

  it("is charged with cached and reasoning tokens inside the totals", async () => {
    const usage = {
      input_tokens: 1200,
      cache_read_tokens: 1024,
      cache_creation_tokens: 100,
      output_tokens: 75,
      reasoning_tokens: 64,
    };

    const { end, events } = await hearFrames(responsesStream([messageItem("hi")]));

    expect(end?.usage).toEqual(usage);
    expect(events).toContainEqual({ type: "usage", usage });
  });

  it("may come with usage without details, or without usage", async () => {
    const bare = { input_tokens: 3, output_tokens: 2, total_tokens: 5 };

    const some = await hearFrames(responsesStream([messageItem("hi")], { usage: bare }));
    const none = await hearFrames(
      responsesStream([messageItem("hi")]).map((text) =>
        text.replace(JSON.stringify(responsesUsage), "null"),
      ),
    );

    expect(some.end?.usage).toEqual({ input_tokens: 3, output_tokens: 2 });
    expect(none.end?.usage).toEqual({ input_tokens: 0, output_tokens: 0 });
    expect(none.events.some(({ type }) => type === "usage")).toBe(false);
  });

  it.each([
    ["max_output_tokens", "max_tokens"],
    ["content_filter", "content_filter"],
    ["something_new", "end_turn"],
  ])("may be incomplete because of %s", async (reason, stop) => {
    const items = [messageItem("Once upon", { status: "incomplete" })];

    const { end } = await hearFrames(responsesStream(items, { status: "incomplete", reason }));

    expect(end).toMatchObject({ stop, rawStop: reason });
    expect(end?.blocks).toEqual([{ block_type: "text", data: { text: "Once upon" } }]);
  });

  it("may be a refusal", async () => {
    const { text, end } = await hearFrames(responsesStream([refusalItem("I will not.")]));

    expect(text).toBe("I will not.");
    expect(end).toMatchObject({ stop: "content_filter", blocks: [{ data: { text } }] });
  });

  it.each([
    ["server_error", "server_error", true],
    ["rate_limit_exceeded", "rate_limited", true],
    ["invalid_prompt", "invalid_request", false],
    ["image_too_large", "invalid_request", false],
    ["bio_policy", "invalid_request", false],
  ])("fails with %s as %s, and is charged", async (code, kind, retryable) => {
    const error = { code, message: "It went wrong" };

    const heard = await hearFrames(responsesStream([], { status: "failed", error }));

    expect(heard.end).toBeUndefined();
    expect(heard.error).toMatchObject({ kind, retryable });
    expect(heard.error?.message).toContain("It went wrong");
    expect(heard.events).toMatchObject([{ type: "usage" }]);
  });

  it.each([
    ["nested", { error: { type: "server_error", code: "rate_limit_exceeded", message: "Slow" } }],
    ["flat", { code: "rate_limit_exceeded", message: "Slow", param: null }],
  ])("fails with a %s error event in the middle", async (_, data) => {
    const frames = responsesStream([messageItem("Some words")]).slice(0, 6);

    const named = await hearFrames([...frames, typed("error", data)]);
    const unnamed = await hearFrames([...frames, frame({ type: "error", ...data })]);

    for (const { text, end, error } of [named, unnamed]) {
      expect(text).toBe("Some words");
      expect(end).toBeUndefined();
      expect(error).toMatchObject({ kind: "rate_limited", retryable: true });
      expect(error?.message).toContain("Slow");
    }
  });

  it("may hold events and items that nobody knows yet", async () => {
    const search = { id: "ws_1", type: "web_search_call", action: { query: "weather" } };
    const hologram = { id: "h_1", type: "hologram", beams: [1, 2] };
    const frames = responsesStream([search, hologram, messageItem("Done")]);
    frames.splice(2, 0, typed("response.hologram.delta", { delta: "zzz" }), frame({ odd: true }));

    const { text, end, error } = await hearFrames(frames);

    expect(error).toBeUndefined();
    expect(text).toBe("Done");
    expect(end?.blocks).toEqual([
      serverContent("ws_1", "web_search_call", search),
      serverContent("h_1", "hologram", hologram),
      { block_type: "text", data: { text: "Done" } },
    ]);
    expect(end?.native.content).toEqual([search, hologram, messageItem("Done")]);
  });

  it("is complete even when the server never closes its items", async () => {
    const items = [messageItem("Hello"), callItem("c1", "now", "{}")];
    const frames = responsesStream(items).filter((text) => !text.includes("output_item.done"));

    const { end } = await hearFrames(frames);

    expect(end).toMatchObject({ stop: "tool_use", native: { content: items } });
    expect(end?.blocks).toHaveLength(2);
  });

  it("keeps its items in their order, whichever is finished first", async () => {
    const items = [callItem("c1", "now", "{}"), callItem("c2", "now", "{}")];
    const frames = responsesStream(items);
    const [first] = frames.splice(5, 1);
    frames.splice(-1, 0, first ?? "");

    const { end } = await hearFrames(frames);

    expect(end?.native.content).toEqual(items);
  });
});

function serverContent(id: string, kind: string, content: unknown): AssistantBlock {
  return { block_type: "server_tool_content", data: { id, kind, content } };
}

describe("a request to the Responses API", () => {
  it("replays the model's own items byte for byte, and extends the body before it", async () => {
    const items = [
      reasoningItem(["Hm"], { encrypted_content: "gAAA+/=é" }),
      messageItem("Checking.", { phase: "commentary" }),
      callItem("c1", "weather", '{ "city" : "Paris" }'),
    ];
    const streams = [responsesStream(items), responsesStream([messageItem("12 degrees")])];

    const { bodies } = await ask(streams, ([step]) => ({
      tools,
      messages: step?.end
        ? [user("Weather?"), assistant(step.end), toolResults({ c1: "12" })]
        : [user("Weather?")],
    }));

    const [first = "", second = ""] = bodies;
    const shared = first.slice(0, first.lastIndexOf("]"));
    expect(second.startsWith(`${shared},`)).toBe(true);
    expect(second.slice(shared.length + 1)).toBe(
      `${[...items, { type: "function_call_output", call_id: "c1", output: "12" }]
        .map((item) => JSON.stringify(item))
        .join(",")}]}`,
    );
  });

  it("keeps nothing at the vendor, and names the session's cache", async () => {
    const body = await bodyOf({ tools, system: "Be brief.", maxTokens: 99 });

    expect(body).toMatchObject({
      model: "gpt-5.4",
      instructions: "Be brief.",
      store: false,
      stream: true,
      stream_options: { include_obfuscation: false },
      include: ["reasoning.encrypted_content"],
      prompt_cache_key: "session-1",
      max_output_tokens: 99,
      tools: [{ type: "function", name: "weather", parameters: { type: "object" }, strict: false }],
    });
    expect(Object.keys(body).at(-1)).toBe("input");
  });

  it("leaves out what the API refuses to read back", async () => {
    const cut = [
      reasoningItem(["A"], { status: "completed" }),
      messageItem("Half"),
      reasoningItem(["B"], { id: "rs_2" }),
    ];
    const streams = [
      responsesStream(cut, { status: "incomplete", reason: "max_output_tokens" }),
      responsesStream([messageItem("ok")]),
    ];

    const { bodies } = await ask(streams, ([step]) => ({
      messages: step?.end ? [user("Go"), assistant(step.end), user("Go on")] : [user("Go")],
    }));

    expect(inputOf(bodies[1])).toEqual([
      { role: "user", content: "Go" },
      reasoningItem(["A"]),
      messageItem("Half"),
      { role: "user", content: "Go on" },
    ]);
  });

  it.each([
    [
      "another vendor",
      { provider: "anthropic", model: "gpt-5.4", content: [{ type: "thinking" }] },
    ],
    ["another model", { provider: "openai", model: "gpt-5.5", content: [reasoningItem(["x"])] }],
  ])("rebuilds what %s said from its blocks", async (_, native) => {
    const blocks: AssistantBlock[] = [
      { block_type: "reasoning", data: { text: "secret" } },
      { block_type: "text", data: { text: "Checking." } },
      { block_type: "server_tool_content", data: { kind: "search", content: {} } },
      { block_type: "tool_use", data: { id: "t1", name: "weather", args: { city: "Rome" } } },
    ];
    const step: StoredMessage = {
      role: "block_assistant",
      blocks,
      stop_reason: "tool_use",
      created_at: "",
      native,
    };

    const body = await bodyOf({ messages: [user("Hi"), step, toolResults({ t1: "20" })] });

    expect(body["input"]).toEqual([
      { role: "user", content: "Hi" },
      { role: "assistant", content: "Checking." },
      { type: "function_call", call_id: "t1", name: "weather", arguments: '{"city":"Rome"}' },
      { type: "function_call_output", call_id: "t1", output: "20" },
    ]);
  });

  it("shows images, in prompts and in tool results", async () => {
    const image = {
      type: "image",
      media_type: "image/png",
      source: "inline",
      data: "AAAA",
    } as const;
    const content = [{ type: "text", text: "This" } as const, image];
    const results = [{ tool_use_id: "t1", content, is_error: false }];

    const body = await bodyOf({
      messages: [user(content), { role: "tool_results", results, created_at: "" }],
    });

    const parts = [
      { type: "input_text", text: "This" },
      { type: "input_image", detail: "auto", image_url: "data:image/png;base64,AAAA" },
    ];
    expect(body["input"]).toEqual([
      { role: "user", content: parts },
      { type: "function_call_output", call_id: "t1", output: parts },
    ]);
  });

  it("hands on the parameters that the vendor knows", async () => {
    const params = { reasoning_effort: "low", text_verbosity: "high", top_p: 0.5, top_k: 3 };

    const known = await bodyOf({ params, temperature: 0.3 });
    const unknown = await bodyOf({
      model: "gpt-4.1",
      params: { top_p: 0.5, seed: 1 },
      temperature: 0,
    });

    expect(known).toMatchObject({
      reasoning: { effort: "low", summary: "auto" },
      text: { verbosity: "high" },
    });
    for (const key of ["temperature", "top_p", "top_k"]) expect(known).not.toHaveProperty(key);
    expect(unknown).toMatchObject({ temperature: 0, top_p: 0.5 });
    for (const key of ["seed", "reasoning", "include", "text"]) {
      expect(unknown).not.toHaveProperty(key);
    }
  });
});

function inputOf(body = ""): unknown {
  return (JSON.parse(body) as { input: unknown }).input; // A body is an object.
}
