import { sample } from "./demo-json.ts";
import type { StoredMessage } from "./provider.ts";
import {
  type ModelEnd,
  type ModelEvent,
  type ModelRequest,
  type Provider,
  ProviderError,
} from "./provider.ts";

const SLOW_MS = 250;

/**
 * A script in place of a model, for a first look without a key. It says what it is. Words in the
 * prompt steer it: `slow`, `fail`, `think`, and `tool:<name>` for a tool that the turn offers.
 */
export const demo: Provider = {
  name: "demo",
  async *stream(request, signal) {
    const prompt = lastPrompt(request.messages);
    const tool = /\btool:(\w+)/.exec(prompt)?.[1];
    const offered = request.tools.some(({ name }) => name === tool);
    if (tool && offered && request.messages.at(-1)?.role === "user") {
      yield callTool(request.model, tool);
      return;
    }
    const pauseMs = /\bslow\b/.test(prompt) ? SLOW_MS : 0;
    const parts: ModelEvent[] = [];
    if (/\bthink\b/.test(prompt))
      parts.push(...words("reasoning", "Nothing to think about: I am a script."));
    parts.push(...words("text", answer(prompt, request)));
    for (const part of parts) {
      if (pauseMs > 0) await pause(pauseMs, signal);
      if (signal.aborted) return;
      yield part;
    }
    if (/\bfail\b/.test(prompt)) {
      throw new ProviderError("server_error", "demo failed because the prompt asked it to", {
        retryable: false,
      });
    }
    yield finish(request.model, parts);
  },
};

function answer(prompt: string, { messages, format }: ModelRequest): string {
  if (format) return JSON.stringify(sample(format.schema, format.schema));
  const result = messages.at(-1);
  const found = result?.role === "tool_results" ? ` The tool answered: ${toolText(result)}` : "";
  return (
    `This is the demo provider: a script, not a model. You said: "${prompt.slice(0, 200)}".${found} ` +
    "Set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY for real answers."
  );
}

function toolText({ results }: Extract<StoredMessage, { role: "tool_results" }>): string {
  return results.map(({ content }) => (typeof content === "string" ? content : "")).join(" ");
}

function lastPrompt(messages: readonly StoredMessage[]): string {
  const message = messages.findLast(({ role }) => role === "user");
  if (message?.role !== "user") return "";
  if (typeof message.content === "string") return message.content;
  return message.content.map((block) => (block.type === "text" ? block.text : "")).join(" ");
}

function words(type: "text" | "reasoning", sentence: string): ModelEvent[] {
  return sentence.split(/(?<= )/).map((delta) => ({ type, delta }));
}

function callTool(model: string, name: string): ModelEnd {
  const id = `call_${crypto.randomUUID()}`;
  return {
    type: "end",
    stop: "tool_use",
    rawStop: "tool_use",
    blocks: [{ block_type: "tool_use", data: { id, name, args: {} } }],
    native: { provider: "demo", model, content: null },
    usage: { input_tokens: 0, output_tokens: 0 },
  };
}

function finish(model: string, parts: readonly ModelEvent[]): ModelEnd {
  const join = (type: "text" | "reasoning") =>
    parts.map((part) => (part.type === type ? part.delta : "")).join("");
  const reasoning = join("reasoning");
  return {
    type: "end",
    stop: "end_turn",
    rawStop: "end_turn",
    blocks: [
      ...(reasoning ? [{ block_type: "reasoning" as const, data: { text: reasoning } }] : []),
      { block_type: "text", data: { text: join("text") } },
    ],
    native: { provider: "demo", model, content: null },
    usage: { input_tokens: 0, output_tokens: 0 },
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise.finally(() => clearTimeout(timer));
}
