import { type Call, dialects } from "../../durable-objects/providers/wire/dialects.ts";
import { chatCalls, chatText } from "../../durable-objects/providers/wire/openai.ts";
import type { Chunk, Reply } from "../../durable-objects/providers/wire/script.ts";
import { inner, type Json, listOf, parse } from "./json.node.ts";

/** How one vendor is spoken for, and how its requests are read. */
export interface Vendor {
  name: string;
  /** What its models' names begin with. */
  prefix: string;
  /** What a session must say to get it, beside the model. */
  choice: Json;
  says(text: string): Reply;
  thinks(thought: string, text: string): Reply;
  calls(calls: readonly Call[]): Reply;
  /** What a request says, in order: `user`, `assistant`, `call <id>`, `result <id>`, … */
  order(body: string): string[];
}

/** Where in a reply's bytes it stops, and at which gate. */
export interface Hold {
  gate: string;
  /** Share of the bytes that go out before. */
  at: number;
}

/** A reply of these frames, each written by itself. */
function reply(frames: readonly string[]): Reply {
  return { chunks: frames.map((data) => ({ data })) };
}

/** The same reply, stopping somewhere in its bytes, also inside a frame or a character. */
export function held({ chunks = [], ...rest }: Reply, { gate, at }: Hold): Reply {
  const bytes = Buffer.from(chunks.map(({ data = "" }) => data).join(""));
  const cut = Math.floor(bytes.length * at);
  return {
    ...rest,
    chunks: [
      { base64: bytes.subarray(0, cut).toString("base64") },
      { base64: bytes.subarray(cut).toString("base64"), gate },
    ],
  };
}

/** The same reply, a frame every so many milliseconds. */
export function paced({ chunks = [], ...rest }: Reply, delayMs: number): Reply {
  return { ...rest, chunks: chunks.map(({ data = "" }): Chunk => ({ data, delayMs })) };
}

/** The same reply, broken off after some of its frames. */
export function broken(whole: Reply, frames: number, end: "reset" | "hang"): Reply {
  return { ...whole, chunks: (whole.chunks ?? []).slice(0, frames), end };
}

/** The same reply with something in it that is no JSON. */
export function malformed({ chunks = [] }: Reply, after: number): Reply {
  const rubbish = { data: 'data: {"type":"content_block_delta","index\n\n' };
  return { chunks: [...chunks.slice(0, after), rubbish] };
}

/** A refusal by status. */
export function refusal(status: number): Reply {
  return { status, chunks: [{ data: '{"error":{"message":"not now","type":"overloaded"}}' }] };
}

function words(text: string): string[] {
  return text.match(/\S+\s*|\s+/g) ?? [];
}

function dialectVendor(name: keyof typeof dialects, prefix: string): Vendor {
  const dialect = dialects[name];
  return {
    name,
    prefix,
    choice: {},
    says: (text) => reply(dialect.says(...words(text))),
    thinks: (thought, text) => reply(dialect.thinks(thought, ...words(text))),
    calls: (calls) => reply(dialect.calls(calls)),
    order: (body) => dialect.order(body),
  };
}

const chat: Vendor = {
  name: "chat",
  prefix: "chat",
  choice: { provider: "self_hosted" },
  says: (text) => reply(chatText(text)),
  thinks: (_thought, text) => reply(chatText(text)),
  calls: (calls) => {
    const made = calls.map(({ id, name, args }) => ({ id, name, args: JSON.stringify(args) }));
    return reply(chatCalls(made));
  },
  order: (body) =>
    listOf(parse(body).messages).flatMap(({ role, tool_call_id, tool_calls, content }) => {
      if (role === "tool") return [`result ${String(tool_call_id)}`];
      const calls = listOf(tool_calls).map((call) => `call ${String(inner(call).id)}`);
      return content === undefined || content === null ? calls : [String(role)].concat(calls);
    }),
};

/** Every vendor that a session can talk to. */
export const vendors: readonly Vendor[] = [
  dialectVendor("anthropic", "claude"),
  dialectVendor("openai", "gpt"),
  dialectVendor("gemini", "gemini"),
  chat,
];
