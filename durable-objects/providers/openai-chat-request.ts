import type {
  ChatCompletionAssistantMessageParam,
  ChatCompletionContentPart,
  ChatCompletionContentPartImage,
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
} from "openai/resources/chat/completions";
import type { ReasoningEffort } from "openai/resources/shared";
import {
  type AssistantBlock,
  type Content,
  type ToolResult,
  vendorParams,
} from "../../sdk/contract/index.ts";
import { effortOf } from "./effort.ts";
import { dataUrl, ownContent, parseArguments, samplingOf } from "./openai.ts";
import type { ModelRequest, StoredMessage } from "./provider.ts";

/** The model's own message as it is stored and sent back; servers differ in what they call the thinking. */
type ChatAnswer = ChatCompletionAssistantMessageParam & {
  reasoning?: string;
  reasoning_content?: string;
};

/** The body of a Chat Completions call; the messages come last, so that each body extends the one before. */
export function chatBody(
  request: ModelRequest,
  provider: string,
): ChatCompletionCreateParamsStreaming {
  const { model, system, messages, format } = request;
  const tools = request.mayNotCall ? [] : request.tools;
  const params = vendorParams("self_hosted", request.params);
  const effort = effortOf(params, request.traits);
  const { seed, frequency_penalty, presence_penalty, chat_template_kwargs } = params;
  return {
    model,
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, inputSchema }) => ({
        type: "function",
        function: { name, description, parameters: inputSchema },
      })),
    }),
    stream: true,
    stream_options: { include_usage: true },
    max_tokens: request.maxTokens,
    ...(format && { response_format: { type: "json_schema", json_schema: format } }),
    // Which efforts exist differs from model to model; the server refuses what it does not know.
    ...(effort !== undefined && { reasoning_effort: effort as ReasoningEffort }),
    ...(seed !== undefined && { seed }),
    ...(frequency_penalty !== undefined && { frequency_penalty }),
    ...(presence_penalty !== undefined && { presence_penalty }),
    ...(chat_template_kwargs && { chat_template_kwargs }),
    ...samplingOf(request, params),
    messages: [
      ...(system === undefined ? [] : [{ role: "system" as const, content: system }]),
      ...messages.flatMap((message) => chatMessages(message, provider, model)),
    ],
  };
}

function chatMessages(
  message: StoredMessage,
  provider: string,
  model: string,
): ChatCompletionMessageParam[] {
  if (message.role === "system") return [{ role: "system", content: message.content }];
  if (message.role === "user") return [{ role: "user", content: userContent(message.content) }];
  if (message.role === "tool_results") return toolMessages(message.results);

  // Under our own name we stored nothing but what `assistantMessage` made.
  const own = ownContent(message, provider, model);
  // A list is what the same server said in OpenAI's other protocol.
  const answer = own && !Array.isArray(own) ? (own as ChatAnswer) : rebuilt(message.blocks);
  return answer.content || answer.tool_calls ? [answer] : [];
}

/** A tool call as the wire has it: its arguments are JSON text, or meant to be. */
export interface WireCall {
  id: string;
  name: string;
  args: string;
}

/** The assistant's message of these words and calls, fit to be sent back. */
export function assistantMessage(content: string, calls: readonly WireCall[]): ChatAnswer {
  if (calls.length === 0) return { role: "assistant", content };
  const tool_calls = calls.map(({ id, name, args }) => ({
    id,
    type: "function" as const,
    function: { name, arguments: replayable(args) },
  }));
  return { role: "assistant", content: content || null, tool_calls };
}

/** Servers parse the arguments of past calls too: text that is not JSON would fail every later request. */
function replayable(args: string): string {
  const parsed = parseArguments(args);
  if (typeof parsed === "string") return JSON.stringify({ invalid_json: args });
  return args.trim() === "" ? "{}" : args;
}

/** Another model's answer: its words and calls, without reasoning that was not written for this one. */
function rebuilt(blocks: readonly AssistantBlock[]): ChatAnswer {
  const texts = blocks.flatMap((block) => (block.block_type === "text" ? [block.data.text] : []));
  const calls = blocks.flatMap((block) => {
    if (block.block_type !== "tool_use") return [];
    const { id, name, args } = block.data;
    return [{ id, name, args: typeof args === "string" ? args : JSON.stringify(args) }];
  });
  return assistantMessage(texts.join(""), calls);
}

/** Tool messages hold only text, so images follow them in a message of their own. */
function toolMessages(results: readonly ToolResult[]): ChatCompletionMessageParam[] {
  const answers = results.map(({ tool_use_id, content }) => ({
    role: "tool" as const,
    tool_call_id: tool_use_id,
    content: textOf(content),
  }));
  const images = results.flatMap(({ content }) => imagesOf(content));
  if (images.length === 0) return answers;
  const title = { type: "text" as const, text: "Images from the tool results above:" };
  return [...answers, { role: "user", content: [title, ...images] }];
}

function textOf(content: Content): string {
  if (typeof content === "string") return content;
  const texts = content.flatMap((block) => (block.type === "text" ? [block.text] : []));
  return texts.join("\n") || "(an image, shown below)";
}

function imagesOf(content: Content): ChatCompletionContentPartImage[] {
  if (typeof content === "string") return [];
  return content.flatMap((block) => (block.type === "image" ? [imagePart(block)] : []));
}

function userContent(content: Content): string | ChatCompletionContentPart[] {
  if (typeof content === "string") return content;
  return content.map((block) => (block.type === "text" ? block : imagePart(block)));
}

function imagePart(image: { media_type: string; data: string }): ChatCompletionContentPartImage {
  return { type: "image_url", image_url: { url: dataUrl(image) } };
}
