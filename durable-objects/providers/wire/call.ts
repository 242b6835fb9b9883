import { catalog, unknownTraits } from "../../../sdk/contract/index.ts";
import { ProviderError } from "../provider.ts";
import type { ModelEnd, ModelEvent, ModelRequest, StoredMessage } from "../provider.ts";

/** Everything a test wants to know of one model call. */
export interface Heard {
  events: ModelEvent[];
  text: string;
  reasoning: string;
  end: ModelEnd | undefined;
  error: ProviderError | undefined;
}

/** Reads a call to its end; a ProviderError is part of what was heard, anything else fails the test. */
export async function hear(
  stream: AsyncIterable<ModelEvent>,
  onEvent?: (event: ModelEvent) => void | Promise<void>,
): Promise<Heard> {
  const heard: Heard = { events: [], text: "", reasoning: "", end: undefined, error: undefined };
  try {
    for await (const event of stream) {
      heard.events.push(event);
      if (event.type === "text") heard.text += event.delta;
      if (event.type === "reasoning") heard.reasoning += event.delta;
      if (event.type === "end") heard.end = event;
      await onEvent?.(event);
    }
  } catch (cause) {
    if (!(cause instanceof ProviderError)) throw cause;
    heard.error = cause;
  }
  return heard;
}

/** A small model call, but for what a test cares about. */
export function modelRequest(about: Partial<ModelRequest> = {}): ModelRequest {
  const { model = "a-model" } = about;
  const known = [...catalog.values()].flat().find(({ id }) => id === model);
  return {
    model,
    traits: known?.traits ?? unknownTraits,
    system: "Be brief.",
    messages: [user("Hello")],
    tools: [],
    maxTokens: 1000,
    temperature: undefined,
    params: {},
    cacheKey: "session-1",
    timeouts: { headersMs: 5000, idleMs: 5000 },
    ...about,
  };
}

/** A user's message. */
export function user(content: (StoredMessage & { role: "user" })["content"]): StoredMessage {
  return { role: "user", content, created_at };
}

/** A finished step as the turn stores it. */
export function assistant({ blocks, native, stop }: ModelEnd): StoredMessage {
  return { role: "block_assistant", blocks, stop_reason: stop, created_at, native };
}

/** The answers to tool calls, by call id. */
export function toolResults(answers: Readonly<Record<string, string>>): StoredMessage {
  const results = Object.entries(answers).map(([tool_use_id, content]) => ({
    tool_use_id,
    content,
    is_error: false,
  }));
  return { role: "tool_results", results, created_at };
}

const created_at = "2026-11-22T10:00:00.000Z";
