import type { Chunk } from "./script.ts";

/** Any JSON object of the vendor's wire. */
export type Json = Record<string, unknown>;

/** One server-sent event; Responses names its events, Chat does not. */
export function frame(data: Json, name?: string): string {
  return `${name === undefined ? "" : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;
}

/** Frames as the chunks of a scripted reply, one socket write each. */
export function chunks(frames: readonly string[]): Chunk[] {
  return frames.map((data) => ({ data }));
}

/** The bytes of a stream cut every `size` bytes, also inside characters. */
export function splinters(frames: readonly string[], size: number): Chunk[] {
  const bytes = new TextEncoder().encode(frames.join(""));
  const cuts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => at * size);
  return cuts.map((at) => ({
    base64: btoa(String.fromCharCode(...bytes.subarray(at, at + size))),
  }));
}

/** A Responses output item that says something. */
export function messageItem(text: string, extra: Json = {}): Json {
  const content = [{ type: "output_text", text, annotations: [], logprobs: [] }];
  return {
    id: "msg_1",
    type: "message",
    role: "assistant",
    status: "completed",
    content,
    ...extra,
  };
}

/** A Responses output item that declines. */
export function refusalItem(refusal: string): Json {
  return { ...messageItem(""), content: [{ type: "refusal", refusal }] };
}

/** A Responses output item that thinks, sealed. */
export function reasoningItem(summaries: readonly string[], extra: Json = {}): Json {
  const summary = summaries.map((text) => ({ type: "summary_text", text }));
  return { id: "rs_1", type: "reasoning", summary, encrypted_content: "gAAAAseal==", ...extra };
}

/** A Responses output item that calls a tool; `args` is the wire's own JSON text. */
export function callItem(callId: string, name: string, args: string): Json {
  const call = { id: `fc_${callId}`, type: "function_call", status: "completed" };
  return { ...call, call_id: callId, name, arguments: args };
}

interface ResponseEnding {
  status?: "completed" | "incomplete" | "failed";
  /** `incomplete_details.reason`. */
  reason?: string;
  error?: Json;
  usage?: Json;
  /** The response's id; with it, it is one that runs in the background. */
  background?: string;
}

/** Usage of a Responses call, with every detail the vendor gives. */
export const responsesUsage: Json = {
  input_tokens: 1200,
  input_tokens_details: { cached_tokens: 1024, cache_write_tokens: 100 },
  output_tokens: 75,
  output_tokens_details: { reasoning_tokens: 64 },
  total_tokens: 1275,
};

/** A whole Responses stream for these output items, one frame per event. */
export function responsesStream(items: readonly Json[], ending: ResponseEnding = {}): string[] {
  const { status = "completed", reason, error = null, usage = responsesUsage, background } = ending;
  const response = {
    id: background ?? "resp_1",
    object: "response",
    background: background !== undefined,
    model: "gpt-5.4",
    error: null,
  };
  const open = { ...response, status: "in_progress", output: [], usage: null };
  const incomplete_details = reason === undefined ? null : { reason };
  const closed = { ...response, status, error, incomplete_details, output: items, usage };
  const events: Json[] = [
    { type: "response.created", response: open },
    ...(background === undefined
      ? []
      : [{ type: "response.queued", response: { ...open, status: "queued" } }]),
    { type: "response.in_progress", response: open },
    ...items.flatMap((item, index) => itemEvents(item, index)),
    { type: `response.${status}`, response: closed },
  ];
  return events.map((event, at) => frame({ ...event, sequence_number: at }, String(event["type"])));
}

function itemEvents(item: Json, output_index: number): Json[] {
  const at = { item_id: item["id"], output_index };
  const started = { ...item, status: "in_progress" };
  return [
    { type: "response.output_item.added", output_index, item: started },
    ...contentEvents(item, at),
    { type: "response.output_item.done", output_index, item },
  ];
}

function contentEvents(item: Json, at: Json): Json[] {
  if (item["type"] === "function_call") {
    const text = String(item["arguments"]);
    const type = "response.function_call_arguments";
    return [...deltas(`${type}.delta`, text, at), { type: `${type}.done`, arguments: text, ...at }];
  }
  // The builders above make these lists.
  const summary = (item["summary"] ?? []) as { text: string }[];
  const content = (item["content"] ?? []) as { type: string; text?: string; refusal?: string }[];
  const summaries = summary.map(({ text }, summary_index) => {
    const type = "response.reasoning_summary";
    return within(`${type}_part`, deltas(`${type}_text.delta`, text), { summary_index });
  });
  const parts = content.map(({ type, text, refusal }, content_index) => {
    const said = deltas(`response.${type}.delta`, text ?? refusal ?? "");
    return within("response.content_part", said, { content_index });
  });
  return [...summaries, ...parts].flat().map((event) => Object.assign(event, at));
}

function within(part: string, inner: Json[], at: Json): Json[] {
  const events: Json[] = [{ type: `${part}.added` }, ...inner, { type: `${part}.done` }];
  return events.map((event) => Object.assign(event, at));
}

function deltas(type: string, text: string, at: Json = {}): Json[] {
  return words(text).map((delta) => Object.assign({ type, delta }, at));
}

function words(text: string): string[] {
  return text.match(/\S+\s*|\s+/g) ?? [];
}

/** One Chat Completions chunk; `delta` is the wire's own. */
export function chatChunk(delta: Json, finish_reason: string | null = null): string {
  return frame({ ...chatHead, choices: [{ index: 0, delta, finish_reason }] });
}

/** The extra last chunk that carries a Chat call's usage. */
export function chatUsage(usage: Json = chatUsageTotals): string {
  return frame({ ...chatHead, choices: [], usage });
}

/** How a Chat stream says that it is over. */
export const chatDone = "data: [DONE]\n\n";

const chatHead = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "qwen3" };

const chatUsageTotals: Json = {
  prompt_tokens: 300,
  completion_tokens: 20,
  total_tokens: 320,
  prompt_tokens_details: { cached_tokens: 256 },
  completion_tokens_details: { reasoning_tokens: 8 },
};

/** A whole Chat stream that says `text`, ending with usage and `[DONE]`. */
export function chatText(text: string): string[] {
  const said = words(text).map((content) => chatChunk({ content }));
  return [chatChunk({ role: "assistant" }), ...said, chatChunk({}, "stop"), chatUsage(), chatDone];
}

/** One fragment of a tool call in a Chat chunk's `delta`. */
export function chatCall(index: number, args: string, head?: { id?: string; name: string }): Json {
  const named = head ? { name: head.name, arguments: args } : { arguments: args };
  const id = head?.id === undefined ? {} : { id: head.id, type: "function" };
  return { tool_calls: [{ index, ...id, function: named }] };
}

/** A whole Chat stream of tool calls, each whole in one chunk. */
export function chatCalls(calls: readonly { id: string; name: string; args: string }[]): string[] {
  const made = calls.map(({ id, name, args }, index) =>
    chatChunk(chatCall(index, args, { id, name })),
  );
  return [...made, chatChunk({}, "tool_calls"), chatUsage(), chatDone];
}
