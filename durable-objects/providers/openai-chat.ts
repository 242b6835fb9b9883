import type { ChatCompletionChunk } from "openai/resources/chat/completions";
import { noUsage } from "../../sdk/contract/index.ts";
import type { AssistantBlock, StopReason, Usage } from "../../sdk/contract/index.ts";
import { openAiUsage, parseArguments, runCall } from "./openai.ts";
import type { Answer, Protocol } from "./openai.ts";
import { assistantMessage, chatBody } from "./openai-chat-request.ts";
import type { WireCall } from "./openai-chat-request.ts";
import type { ModelEnd, ModelEvent, Provider } from "./provider.ts";

/** A self-hosted server that speaks OpenAI's Chat Completions: Ollama, vLLM, llama.cpp and their kind. */
export function createOpenAiChat(options: {
  apiKey: string;
  baseUrl: string;
  fetch?: typeof fetch;
  name?: string;
}): Provider {
  const { name = "self_hosted" } = options;
  return {
    name,
    stream(request, signal) {
      const body = chatBody(request, name);
      const protocol = {
        open: (client, signal) => client.chat.completions.create(body, { signal }),
        answer: new ChatReading(name, request.model),
      } satisfies Protocol<ChatCompletionChunk>;
      return runCall({ ...options, name }, protocol, request, signal);
    },
  };
}

type Choice = ChatCompletionChunk.Choice;
type CallDelta = ChatCompletionChunk.Choice.Delta.ToolCall;
/** Thinking is not in the protocol; servers call it either of these. */
type Delta = Choice["delta"] & { reasoning?: string | null; reasoning_content?: string | null };

interface Call extends WireCall {
  index: number;
}

class ChatReading implements Answer<ChatCompletionChunk> {
  readonly #provider: string;
  readonly #model: string;
  readonly #calls: Call[] = [];
  #text = "";
  #reasoning = "";
  #reasoningKey: "reasoning" | "reasoning_content" = "reasoning_content";
  #refused = false;
  #finish: string | undefined;
  #usage: Usage | undefined;
  #over = false;

  constructor(provider: string, model: string) {
    this.#provider = provider;
    this.#model = model;
  }

  get stopped(): boolean {
    return this.#finish !== undefined;
  }

  /** Usage may still follow the finish, in a chunk of its own. */
  get over(): boolean {
    return this.#over;
  }

  read({ choices, usage }: ChatCompletionChunk): readonly ModelEvent[] {
    const events: ModelEvent[] = [];
    const choice = choices?.[0];
    if (choice) this.#readChoice(choice, events);
    if (usage) {
      this.#usage = openAiUsage(usage.prompt_tokens, usage.completion_tokens, {
        cacheRead: usage.prompt_tokens_details?.cached_tokens,
        reasoning: usage.completion_tokens_details?.reasoning_tokens,
      });
      events.push({ type: "usage", usage: this.#usage });
      this.#over = this.stopped;
    }
    return events;
  }

  #readChoice({ delta, finish_reason }: Choice, events: ModelEvent[]): void {
    if (finish_reason) this.#finish = finish_reason;
    if (!delta) return;
    const { content, refusal, reasoning, reasoning_content, tool_calls }: Delta = delta;
    if (reasoning || reasoning_content) {
      this.#reasoningKey = reasoning ? "reasoning" : "reasoning_content";
      const thought = reasoning || reasoning_content || "";
      this.#reasoning += thought;
      events.push({ type: "reasoning", delta: thought });
    }
    if (refusal) this.#refused = true;
    const said = `${content ?? ""}${refusal ?? ""}`;
    this.#text += said;
    if (said) events.push({ type: "text", delta: said });
    for (const call of tool_calls ?? []) this.#readCall(call);
  }

  #readCall({ index, id = "", function: part }: CallDelta): void {
    // Some servers number every parallel call 0; a new id is then the only sign of a new call.
    const open = this.#calls.findLast(
      (call) => call.index === index && (id === "" || call.id === "" || call.id === id),
    );
    const call = open ?? { index, id: "", name: "", args: "" };
    if (!open) this.#calls.push(call);
    call.id ||= id;
    call.name ||= part?.name ?? "";
    call.args += part?.arguments ?? "";
  }

  end(): ModelEnd {
    // Some servers give their calls no ids, but results are matched by them.
    for (const call of this.#calls) call.id ||= `call_${crypto.randomUUID()}`;
    const reasoning = this.#reasoning;
    const content = {
      ...assistantMessage(this.#text, this.#calls),
      ...(reasoning && { [this.#reasoningKey]: reasoning }),
    };
    const rawStop = this.#finish ?? "";
    return {
      type: "end",
      stop: this.#stop(rawStop),
      rawStop,
      blocks: this.#blocks(),
      native: { provider: this.#provider, model: this.#model, content },
      usage: this.#usage ?? noUsage,
    };
  }

  #blocks(): AssistantBlock[] {
    const blocks: AssistantBlock[] = [];
    if (this.#reasoning) blocks.push({ block_type: "reasoning", data: { text: this.#reasoning } });
    if (this.#text) blocks.push({ block_type: "text", data: { text: this.#text } });
    for (const { id, name, args } of this.#calls) {
      blocks.push({ block_type: "tool_use", data: { id, name, args: parseArguments(args) } });
    }
    return blocks;
  }

  #stop(finish: string): StopReason {
    if (finish === "length") return "max_tokens";
    if (finish === "content_filter" || this.#refused) return "content_filter";
    // Some servers say `stop` where the protocol has `tool_calls`.
    return this.#calls.length > 0 ? "tool_use" : "end_turn";
  }
}
