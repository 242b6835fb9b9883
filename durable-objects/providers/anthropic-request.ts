import type {
  ContentBlockParam,
  MessageCreateParamsStreaming,
  MessageParam,
  TextBlockParam,
  Tool,
  ToolResultBlockParam,
} from "@anthropic-ai/sdk/resources/messages/messages";
import {
  type AssistantBlock,
  type Content,
  type ContentBlock,
  type ParamsOfVendor,
  type ToolResult,
  vendorParams,
} from "../../sdk/contract/index.ts";
import type { ToolDefinition } from "../tools/tool-definition.ts";
import type { ModelRequest, StoredMessage } from "./provider.ts";

/**
 * Our transcript as Anthropic wants it. What stays the same between calls comes first and the messages
 * last, so that each body begins with the bytes of the one before it and the prompt cache holds.
 */
export function anthropicBody(request: ModelRequest): MessageCreateParamsStreaming {
  const params = vendorParams("anthropic", request.params);
  const cache = cacheControl(params);
  const body = {
    model: request.model,
    max_tokens: request.maxTokens,
    stream: true,
    ...cache,
    ...(params.inference_geo && { inference_geo: params.inference_geo }),
    ...outputConfig(params, request),
    ...thinking(params, request),
    // Its own breakpoint lets sessions that differ only in their messages share it.
    ...(request.system && { system: [{ type: "text", text: request.system, ...cache }] }),
    ...toolParams(request),
    messages: request.messages.flatMap((message) => messageParams(message, request.model)),
  };
  // Parameters and schemas are the caller's own: the vendor knows which values it takes, we do not.
  return body as MessageCreateParamsStreaming;
}

type Params = ParamsOfVendor<"anthropic">;

function cacheControl({ cache_control: mode, cache_ttl: ttl }: Params) {
  return mode === "disabled" ? {} : { cache_control: { type: "ephemeral", ...(ttl && { ttl }) } };
}

/** What the caller says in the vendor's own words goes as it is; our words become what the model takes. */
function thinking(params: Params, { traits, maxTokens }: ModelRequest) {
  const budget = params.thinking_budget ?? params.thinking_budget_tokens;
  if (params.thinking) {
    const isLimited = params.thinking.type === "enabled" && budget !== undefined;
    return { thinking: { ...(isLimited && { budget_tokens: budget }), ...params.thinking } };
  }
  if (params.reasoning === "off" || budget === 0) {
    const isFixed = traits.efforts.length > 0 && !traits.efforts.includes("none");
    return isFixed ? {} : { thinking: { type: "disabled" } };
  }
  if (params.reasoning === undefined && budget === undefined) return {};
  const display = params.reasoning && displays[params.reasoning];
  const shown = display ? { display } : {};
  if (budget !== undefined && traits.budget) {
    return { thinking: { type: "enabled", budget_tokens: budget, ...shown } };
  }
  if (traits.adaptive) return { thinking: { type: "adaptive", ...shown } };
  const budget_tokens = Math.min(DEFAULT_BUDGET, maxTokens - 1);
  return budget_tokens < LEAST_BUDGET
    ? {}
    : { thinking: { type: "enabled", budget_tokens, ...shown } };
}

const displays = { emit: "summarized", silent: "omitted" } as const;

/** For models that must be told how much to think by somebody who did not say. */
const DEFAULT_BUDGET = 4_096;
const LEAST_BUDGET = 1_024;

function outputConfig({ effort }: Params, { format }: ModelRequest) {
  const config = {
    ...(effort && { effort: effort.replace("x_high", "xhigh") }),
    ...(format && { format: { type: "json_schema", schema: format.schema } }),
  };
  return Object.keys(config).length > 0 ? { output_config: config } : {};
}

/** Calls of the past are refused without the tools, so these stay where none may be called any more. */
function toolParams({ tools, mayNotCall, messages }: ModelRequest) {
  if (tools.length === 0) return {};
  if (!mayNotCall) return { tools: tools.map(toolParam) };
  const hasCalls = messages.some(({ role }) => role === "tool_results");
  return hasCalls ? { tools: tools.map(toolParam), tool_choice: { type: "none" } } : {};
}

function toolParam({ name, description, inputSchema }: ToolDefinition): Tool {
  return { name, description, input_schema: { ...inputSchema, type: "object" } };
}

function messageParams(message: StoredMessage, model: string): MessageParam[] {
  if (message.role === "system") return [{ role: "system", content: message.content }];
  if (message.role === "user") return [{ role: "user", content: contentParam(message.content) }];
  if (message.role === "tool_results") {
    return [{ role: "user", content: message.results.map(resultParam) }];
  }
  const content = assistantContent(message.blocks, message.native, model);
  return content.length > 0 ? [{ role: "assistant", content }] : [];
}

function assistantContent(
  blocks: readonly AssistantBlock[],
  native: StoredMessage["native"],
  model: string,
): ContentBlockParam[] {
  const isOwn = native?.provider === "anthropic" && native.model === model;
  if (isOwn && Array.isArray(native.content)) {
    // Its own blocks, stored as they came: signatures hold only if nothing in them changes.
    return native.content as ContentBlockParam[];
  }
  return blocks.flatMap(rebuilt);
}

/** Another model's block: reasoning and server tools are left out, for only that model can read them. */
function rebuilt({ block_type, data }: AssistantBlock): ContentBlockParam[] {
  if (block_type === "text" && data.text !== "") return [{ type: "text", text: data.text }];
  if (block_type !== "tool_use") return [];
  const { id, name, args } = data;
  return [{ type: "tool_use", id, name, input: isRecord(args) ? args : {} }];
}

function resultParam({ tool_use_id, content, is_error }: ToolResult): ToolResultBlockParam {
  return {
    type: "tool_result",
    tool_use_id,
    content: contentParam(content),
    ...(is_error && { is_error }),
  };
}

type ImageParam = Extract<ContentBlockParam, { type: "image" }>;

function contentParam(content: Content): string | (TextBlockParam | ImageParam)[] {
  return typeof content === "string" ? content : content.map(blockParam);
}

function blockParam(block: ContentBlock): TextBlockParam | ImageParam {
  if (block.type === "text") return { type: "text", text: block.text };
  const source = { type: "base64", media_type: block.media_type, data: block.data };
  // The vendor's list of media types grows; it answers 400 for those it does not take.
  return { type: "image", source } as ImageParam;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
