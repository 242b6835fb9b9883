import type {
  ContentBlockParam,
  MessageCreateParamsStreaming,
  MessageParam,
  TextBlockParam,
  Tool,
  ToolResultBlockParam,
} from "@anthropic-ai/sdk/resources/messages/messages";
import * as z from "zod";
import type {
  AssistantBlock,
  Content,
  ContentBlock,
  ToolResult,
} from "../../sdk/contract/index.ts";
import type { ModelRequest, StoredMessage, ToolDefinition } from "./provider.ts";

/**
 * Our transcript as Anthropic wants it. What stays the same between calls comes first and the messages
 * last, so that each body begins with the bytes of the one before it and the prompt cache holds.
 */
export function anthropicBody(request: ModelRequest): MessageCreateParamsStreaming {
  const params = Params.parse(request.params);
  const cache = cacheControl(params);
  const body = {
    model: request.model,
    max_tokens: request.maxTokens,
    stream: true,
    ...cache,
    ...(params.inference_geo && { inference_geo: params.inference_geo }),
    ...(params.effort && { output_config: { effort: params.effort.replace("x_high", "xhigh") } }),
    ...thinking(params),
    // Its own breakpoint lets sessions that differ only in their messages share it.
    ...(request.system && { system: [{ type: "text", text: request.system, ...cache }] }),
    ...(request.tools.length > 0 && { tools: request.tools.map(toolParam) }),
    messages: request.messages.flatMap(messageParams),
  };
  // Parameters and schemas are the caller's own: the vendor knows which values it takes, we do not.
  return body as MessageCreateParamsStreaming;
}

const numeric = z.coerce.number().int().positive().optional().catch(undefined);
const word = z.string().optional().catch(undefined);

const Params = z.object({
  thinking: z.looseObject({ type: z.string() }).optional().catch(undefined),
  thinking_budget: numeric,
  thinking_budget_tokens: numeric,
  effort: word,
  inference_geo: word,
  cache_control: word,
  cache_ttl: z.enum(["5m", "1h"]).optional().catch(undefined),
});

type Params = z.infer<typeof Params>;

function cacheControl({ cache_control: mode, cache_ttl: ttl }: Params) {
  return mode === "disabled" ? {} : { cache_control: { type: "ephemeral", ...(ttl && { ttl }) } };
}

function thinking(params: Params) {
  const budget = params.thinking_budget ?? params.thinking_budget_tokens;
  const { thinking = budget === undefined ? undefined : { type: "enabled" } } = params;
  if (thinking?.type !== "enabled" || budget === undefined) return thinking && { thinking };
  return { thinking: { budget_tokens: budget, ...thinking } };
}

function toolParam({ name, description, inputSchema }: ToolDefinition): Tool {
  return { name, description, input_schema: { ...inputSchema, type: "object" } };
}

function messageParams(message: StoredMessage): MessageParam[] {
  if (message.role === "system") return [{ role: "system", content: message.content }];
  if (message.role === "user") return [{ role: "user", content: contentParam(message.content) }];
  if (message.role === "tool_results") {
    return [{ role: "user", content: message.results.map(resultParam) }];
  }
  const content = assistantContent(message.blocks, message.native);
  return content.length > 0 ? [{ role: "assistant", content }] : [];
}

function assistantContent(
  blocks: readonly AssistantBlock[],
  native: StoredMessage["native"],
): ContentBlockParam[] {
  if (native?.provider === "anthropic" && Array.isArray(native.content)) {
    // Its own blocks, stored as they came: signatures hold only if nothing in them changes.
    return native.content as ContentBlockParam[];
  }
  return blocks.flatMap(rebuilt);
}

/** Another vendor's block: reasoning and server tools are left out, for only their own vendor can read them. */
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
