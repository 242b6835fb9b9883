import * as anthropic from "./anthropic.ts";
import * as gemini from "./gemini.ts";
import * as openai from "./openai.ts";

/** A tool call that a scripted model makes. */
export interface Call {
  id: string;
  name: string;
  args: unknown;
}

/** How one vendor says the same things: whole answers as frames, and what its requests hold in our words. */
interface Dialect {
  says: (...words: string[]) => string[];
  /** Sealed thinking before the words. */
  thinks: (thought: string, ...words: string[]) => string[];
  calls: (calls: readonly Call[], thought?: string) => string[];
  /** What the words stand in, in the vendor's own order: `user`, `image`, `thinking`, `assistant`, `call <id>`, `result <id>`. */
  order: (body: string) => string[];
}

/** The seal that every dialect puts on its thinking. */
export const SEAL = "c2VhbGVkLWJ5LXRoZS12ZW5kb3I=";

// Bodies come from our own adapters; a test that reads a wrong one fails on what is missing.
type Json = Record<string, unknown>;

const anthropicDialect: Dialect = {
  says: (...words) => anthropicAnswer("end_turn", [], words),
  thinks: (thought, ...words) => anthropicAnswer("end_turn", thinking(thought), words),
  calls: (calls, thought) => {
    const before = thought === undefined ? [] : thinking(thought);
    const start = before.length > 0 ? 1 : 0;
    const blocks = calls.flatMap(({ id, name, args }, index) => {
      const json = JSON.stringify(args);
      const deltas = [json.slice(0, 3), json.slice(3)].map((partial_json) => ({
        type: "input_json_delta",
        partial_json,
      }));
      return anthropic.block(start + index, { type: "tool_use", id, name, input: {} }, deltas);
    });
    return [anthropic.messageStart(), ...before, ...blocks, ...anthropic.messageEnd("tool_use")];
  },
  order: (body) =>
    (JSON.parse(body) as { messages: Json[] }).messages.flatMap(({ role, content }) =>
      (typeof content === "string" ? [{ type: "text" }] : (content as Json[])).map((block) => {
        if (block["type"] === "text") return String(role);
        if (block["type"] === "tool_use") return `call ${String(block["id"])}`;
        if (block["type"] === "tool_result") return `result ${String(block["tool_use_id"])}`;
        return String(block["type"]);
      }),
    ),
};

function thinking(thought: string): string[] {
  return anthropic.thinkingBlock(0, thought, SEAL);
}

function anthropicAnswer(stop: string, before: string[], words: string[]): string[] {
  const text = words.length > 0 ? anthropic.textBlock(before.length > 0 ? 1 : 0, ...words) : [];
  return [anthropic.messageStart(), ...before, ...text, ...anthropic.messageEnd(stop)];
}

const openaiDialect: Dialect = {
  says: (...words) => openai.responsesStream([openai.messageItem(words.join(""))]),
  thinks: (thought, ...words) =>
    openai.responsesStream([sealed(thought), openai.messageItem(words.join(""))]),
  calls: (calls, thought) =>
    openai.responsesStream([
      ...(thought === undefined ? [] : [sealed(thought)]),
      ...calls.map(({ id, name, args }) => openai.callItem(id, name, JSON.stringify(args))),
    ]),
  order: (body) =>
    (JSON.parse(body) as { input: Json[] }).input.flatMap(
      ({ type, role, call_id: id, content }) => {
        if (type === "function_call") return [`call ${String(id)}`];
        if (type === "function_call_output") return [`result ${String(id)}`];
        if (type === "reasoning") return ["thinking"];
        if (typeof content === "string") return [String(role)];
        return (content as Json[]).map((part) =>
          part["type"] === "input_image" ? "image" : String(role),
        );
      },
    ),
};

function sealed(thought: string): Json {
  return openai.reasoningItem([thought], { encrypted_content: SEAL });
}

const geminiDialect: Dialect = {
  says: (...words) => geminiAnswer(words.map((text) => ({ text }))),
  thinks: (thought, ...words) =>
    geminiAnswer([
      { text: thought, thought: true },
      ...words.map((text) => ({ text })),
      { text: "", thoughtSignature: SEAL },
    ]),
  calls: (calls, thought) =>
    geminiAnswer([
      ...(thought === undefined ? [] : [{ text: thought, thought: true }]),
      ...calls.map(({ id, name, args }, index) => ({
        functionCall: { id, name, args },
        ...(index === 0 && { thoughtSignature: SEAL }),
      })),
    ]),
  order: (body) =>
    (JSON.parse(body) as { contents: { role: string; parts: Json[] }[] }).contents.flatMap(
      ({ role, parts }) => parts.map((part) => geminiPart(role, part)),
    ),
};

function geminiAnswer(parts: readonly Json[]): string[] {
  return parts.map((part, index) =>
    gemini.parts([part], {
      ...gemini.usage(12, index + 1),
      ...(index === parts.length - 1 && { finishReason: "STOP" }),
    }),
  );
}

function geminiPart(role: string, part: Json): string {
  const call = (part["functionCall"] ?? part["functionResponse"]) as Json | undefined;
  if (part["functionCall"]) return `call ${String(call?.["id"])}`;
  if (part["functionResponse"]) return `result ${String(call?.["id"])}`;
  if (part["inlineData"]) return "image";
  if (part["thought"]) return "thinking";
  return role === "model" ? "assistant" : role;
}

/** Every vendor's way to say things. */
export const dialects = {
  anthropic: anthropicDialect,
  openai: openaiDialect,
  gemini: geminiDialect,
} as const;
