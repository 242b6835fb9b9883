import type {
  Response,
  ResponseOutputItem,
  ResponseStreamEvent,
  ResponseUsage,
} from "openai/resources/responses/responses";
import { noUsage } from "../../sdk/contract/index.ts";
import type { AssistantBlock, StopReason, Usage } from "../../sdk/contract/index.ts";
import { openAiUsage, parseArguments, runCall } from "./openai.ts";
import type { Answer, Protocol } from "./openai.ts";
import { cancelResponse, responseId } from "./openai-background.ts";
import { responsesBody, runsInBackground } from "./openai-responses-request.ts";
import type { ModelEnd, ModelEvent, ModelRequest, Provider } from "./provider.ts";
import { classify } from "./upstream.ts";

/** OpenAI's Responses API, or a server that speaks it. */
export function createOpenAiResponses(options: {
  apiKey: string;
  baseUrl?: string;
  fetch?: typeof fetch;
  name?: string;
}): Provider {
  const { name = "openai" } = options;
  const server = { baseUrl: "https://api.openai.com/v1", ...options, name };
  return {
    name,
    stream(request, signal) {
      const body = responsesBody(request, name);
      const protocol = {
        open: (client, signal) => client.responses.create(body, { signal }),
        answer: new ResponsesAnswer(name, request),
      } satisfies Protocol<ResponseStreamEvent>;
      return runCall(server, protocol, request, signal);
    },
    resume(handle, request, signal) {
      const { include } = responsesBody(request, name);
      // Without `starting_after` the vendor tells the response from its first event on.
      const query = {
        stream: true,
        include_obfuscation: false,
        ...(include && { include }),
      } as const;
      const protocol = {
        open: (client, signal) => client.responses.retrieve(responseId(handle), query, { signal }),
        answer: new ResponsesAnswer(name, request),
      } satisfies Protocol<ResponseStreamEvent>;
      return runCall(server, protocol, request, signal);
    },
    cancel: (handle) => cancelResponse(server, responseId(handle)),
  };
}

class ResponsesAnswer implements Answer<ResponseStreamEvent> {
  readonly #provider: string;
  readonly #model: string;
  readonly #isBackground: boolean;
  /** By output index: items may finish in any order, and some servers leave gaps. */
  readonly #items = new Map<number, ResponseOutputItem>();
  #response: Response | undefined;
  #failure: { code?: string | null; message: string } | undefined;

  constructor(provider: string, request: ModelRequest) {
    this.#provider = provider;
    this.#model = request.model;
    this.#isBackground = runsInBackground(request);
  }

  get stopped(): boolean {
    return this.#response !== undefined || this.#failure !== undefined;
  }

  get over(): boolean {
    return this.stopped;
  }

  read(event: ResponseStreamEvent): readonly ModelEvent[] {
    if (event.type === "response.output_text.delta") return said("text", event.delta);
    if (event.type === "response.refusal.delta") return said("text", event.delta);
    if (event.type === "response.reasoning_text.delta") return said("reasoning", event.delta);
    if (event.type === "response.reasoning_summary_text.delta") {
      return said("reasoning", event.delta);
    }
    if (event.type === "response.reasoning_summary_part.added") {
      return said("reasoning", event.summary_index > 0 ? PARAGRAPH : "");
    }
    if (event.type === "response.created" && this.#isBackground) {
      return [{ type: "handle", handle: { kind: "openai_response", id: event.response.id } }];
    }
    if (event.type === "response.output_item.done") {
      this.#items.set(event.output_index, event.item);
    } else if (event.type === "error") {
      this.#failure = event;
    } else if ("response" in event && endings.has(event.type)) {
      return this.#finish(event.response, event.type === "response.failed");
    }
    return [];
  }

  #finish(response: Response, failed: boolean): readonly ModelEvent[] {
    this.#response = response;
    if (failed || response.status === "failed") this.#failure = response.error ?? unexplained;
    // Servers that leave out an item's own event still list it here.
    for (const [index, item] of (response.output ?? []).entries()) {
      if (!this.#items.has(index)) this.#items.set(index, item);
    }
    return response.usage ? [{ type: "usage", usage: usageOf(response.usage) }] : [];
  }

  end(): ModelEnd {
    if (this.#failure) throw classify(this.#provider, vendorError(this.#failure));
    const items = [...this.#items].toSorted(([a], [b]) => a - b).map(([, item]) => item);
    return {
      type: "end",
      ...stopOf(items, this.#response),
      blocks: items.flatMap(blocksOf),
      native: { provider: this.#provider, model: this.#model, content: items },
      usage: this.#response?.usage ? usageOf(this.#response.usage) : noUsage,
    };
  }
}

const endings = new Set(["response.completed", "response.incomplete", "response.failed"]);
const unexplained = { code: "server_error", message: "the response failed" };
/** Between the parts of a reasoning summary. */
const PARAGRAPH = "\n\n";

function said(type: "text" | "reasoning", delta: string): readonly ModelEvent[] {
  return delta === "" ? [] : [{ type, delta }];
}

function usageOf(usage: ResponseUsage): Usage {
  return openAiUsage(usage.input_tokens, usage.output_tokens, {
    // Typed as always there, but compatible servers leave the details out.
    cacheRead: usage.input_tokens_details?.cached_tokens,
    cacheWrite: usage.input_tokens_details?.cache_write_tokens,
    reasoning: usage.output_tokens_details?.reasoning_tokens,
  });
}

/** What the input was refused for: asking again would be refused again. */
const refusedInput =
  /^(invalid_|image_|empty_image|unsupported_|failed_to_download|data_residency|.*_policy)/;

/** An error told inside a stream, in the form that the SDK gives to the others. */
function vendorError({ code, message }: { code?: string | null; message: string }): Error {
  const name = code ?? "server_error";
  const type = refusedInput.test(name) ? "invalid_request_error" : undefined;
  return Object.assign(new Error(message), { code: name, type });
}

function stopOf(
  items: readonly ResponseOutputItem[],
  response: Response | undefined,
): { stop: StopReason; rawStop: string } {
  const reason = response?.incomplete_details?.reason;
  const rawStop = reason ?? response?.status ?? "completed";
  if (reason === "max_output_tokens") return { stop: "max_tokens", rawStop };
  if (reason === "content_filter" || items.some(refuses))
    return { stop: "content_filter", rawStop };
  const calls = items.some(({ type }) => type === "function_call");
  return { stop: calls ? "tool_use" : "end_turn", rawStop };
}

function refuses(item: ResponseOutputItem): boolean {
  return item.type === "message" && item.content.some(({ type }) => type === "refusal");
}

function blocksOf(item: ResponseOutputItem): AssistantBlock[] {
  if (item.type === "message") {
    const texts = item.content.map((part) => (part.type === "refusal" ? part.refusal : part.text));
    return texts.filter(Boolean).map((text) => ({ block_type: "text", data: { text } }));
  }
  if (item.type === "reasoning") {
    const open = item.content?.map(({ text }) => text).join("") ?? "";
    const text = item.summary?.map(({ text }) => text).join(PARAGRAPH) || open;
    return text === "" ? [] : [{ block_type: "reasoning", data: { text } }];
  }
  if (item.type === "function_call") {
    const args = parseArguments(item.arguments);
    return [{ block_type: "tool_use", data: { id: item.call_id, name: item.name, args } }];
  }
  const { id, type } = item;
  const content = { ...(id && { id }), kind: type, content: item };
  return [{ block_type: "server_tool_content", data: content }];
}
