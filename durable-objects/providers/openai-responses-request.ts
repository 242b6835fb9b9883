import type {
  FunctionTool,
  ResponseCreateParamsStreaming,
  ResponseInputItem,
  ResponseInputMessageContentList,
  ResponseTextConfig,
} from "openai/resources/responses/responses";
import type { Reasoning, ReasoningEffort } from "openai/resources/shared";
import { type AssistantBlock, type Content, vendorParams } from "../../sdk/contract/index.ts";
import { effortOf } from "./effort.ts";
import { dataUrl, ownContent, samplingOf } from "./openai.ts";
import type { ToolDefinition } from "../tools/tool-definition.ts";
import type { ModelRequest, StoredMessage } from "./provider.ts";

/**
 * The body of a Responses call. What grows from step to step comes last: a body starts with the bytes
 * of the one before it, as the vendor's prompt cache and its check of sealed reasoning want it.
 */
export function responsesBody(
  request: ModelRequest,
  provider: string,
): ResponseCreateParamsStreaming {
  const { model, system, traits } = request;
  const tools = request.mayNotCall ? [] : request.tools;
  const params = vendorParams("openai", request.params);
  const effort = effortOf(params, traits);
  const thinks = traits.thinking || effort !== undefined;
  const isTold = params.reasoning !== "silent" && params.reasoning !== "off";
  const text = textConfig(params.text_verbosity, request.format);
  const background = runsInBackground(request);

  return {
    model,
    ...(system !== undefined && { instructions: system }),
    ...(tools.length > 0 && { tools: tools.map(functionTool) }),
    stream: true,
    stream_options: { include_obfuscation: false },
    // The vendor keeps an answer only on request, and can only then finish it without us.
    store: background,
    ...(background && { background }),
    prompt_cache_key: request.cacheKey,
    max_output_tokens: request.maxTokens,
    // A model that does not think refuses both.
    ...(thinks && { include: ["reasoning.encrypted_content"] }),
    ...(thinks && { reasoning: reasoning(effort, isTold) }),
    ...(text && { text }),
    ...samplingOf(request, params),
    input: request.messages.flatMap((message) => inputItems(message, provider, model)),
  };
}

/** Whether the vendor is to go on with its answer, and to keep it, when the connection is lost. */
export function runsInBackground({ params }: ModelRequest): boolean {
  return params["background"] === true;
}

function reasoning(effort: string | undefined, isTold: boolean): Reasoning {
  return {
    // Which efforts exist differs from model to model; the vendor refuses what it does not know.
    ...(effort !== undefined && { effort: effort as ReasoningEffort }),
    ...(isTold && { summary: "auto" }),
  };
}

/** How the words are to be; nothing where it does not matter. */
function textConfig(
  verbosity: ResponseTextConfig["verbosity"],
  format: ModelRequest["format"],
): ResponseTextConfig | undefined {
  if (!verbosity && !format) return undefined;
  return {
    ...(verbosity && { verbosity }),
    ...(format && { format: { type: "json_schema", ...format } }),
  };
}

function functionTool({ name, description, inputSchema }: ToolDefinition): FunctionTool {
  return { type: "function", name, description, parameters: inputSchema, strict: false };
}

function inputItems(message: StoredMessage, provider: string, model: string): ResponseInputItem[] {
  if (message.role === "system") return [{ role: "system", content: message.content }];
  if (message.role === "user") return [{ role: "user", content: inputContent(message.content) }];
  if (message.role === "block_assistant") {
    const own = ownContent(message, provider, model);
    return Array.isArray(own) ? replayed(own) : message.blocks.flatMap(rebuilt);
  }
  return message.results.map(({ tool_use_id, content }) => ({
    type: "function_call_output",
    call_id: tool_use_id,
    output: inputContent(content),
  }));
}

function inputContent(content: Content): string | ResponseInputMessageContentList {
  if (typeof content === "string") return content;
  return content.map((block) =>
    block.type === "text"
      ? { type: "input_text", text: block.text }
      : { type: "input_image", detail: "auto", image_url: dataUrl(block) },
  );
}

/** The model's own items, as they came, but for what the vendor sends and then refuses to read. */
function replayed(items: readonly ResponseInputItem[]): ResponseInputItem[] {
  // An answer cut off while thinking ends in reasoning that nothing follows: the vendor answers 400 to it.
  const said = items.findLastIndex(({ type }) => type !== "reasoning");
  return items.slice(0, said + 1).map((item) => {
    if (item.type !== "reasoning") return item;
    const { status: _, ...rest } = item;
    return rest;
  });
}

/** Another model's block: its words and calls, without reasoning that only that model can read. */
function rebuilt(block: AssistantBlock): ResponseInputItem[] {
  if (block.block_type === "text" && block.data.text !== "") {
    return [{ role: "assistant", content: block.data.text }];
  }
  if (block.block_type === "tool_use") {
    const { id, name, args } = block.data;
    const text = typeof args === "string" ? args : JSON.stringify(args);
    return [{ type: "function_call", call_id: id, name, arguments: text }];
  }
  return [];
}
