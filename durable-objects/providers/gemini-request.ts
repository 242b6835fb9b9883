import {
  type AssistantBlock,
  type Content,
  type ContentBlock,
  type ModelTraits,
  type ParamsOfVendor,
  type ToolResult,
  vendorParams,
} from "../../sdk/contract/index.ts";
import type { ToolDefinition } from "../tools/tool-definition.ts";
import type { ModelRequest, StoredMessage } from "./provider.ts";

/** One turn of a conversation as Gemini wants it. */
interface GeminiContent {
  role: "user" | "model";
  parts: unknown[];
}

/**
 * Our transcript as Gemini wants it. What stays the same between calls comes first and the contents last,
 * so that each body begins with the bytes of the one before it and the vendor's implicit cache holds.
 */
export function geminiBody(request: ModelRequest): object {
  const { model } = request;
  const names = toolNames(request.messages, model);
  const tools = request.mayNotCall ? [] : request.tools;
  return {
    ...(request.system && { systemInstruction: { parts: [{ text: request.system }] } }),
    ...(tools.length > 0 && { tools: [{ functionDeclarations: tools.map(declaration) }] }),
    generationConfig: generationConfig(request),
    contents: request.messages.flatMap((message) => contents(message, names, model)),
  };
}

function generationConfig(request: ModelRequest): object {
  const { maxTokens, temperature, params, traits, format } = request;
  const { thinking = {}, top_k: topK, top_p: topP, ...flat } = vendorParams("gemini", params);
  const given = {
    includeThoughts: thinking.include_thoughts,
    thinkingBudget: thinking.thinking_budget ?? flat.thinking_budget,
    thinkingLevel: thinking.thinking_level ?? flat.thinking_level,
  };
  const thinkingConfig = { ...ownWords(flat, given, traits), ...present(given) };
  return {
    maxOutputTokens: maxTokens,
    // JSON leaves out what is undefined.
    ...(traits.temperature && { temperature, topP }),
    topK,
    ...(format && {
      responseMimeType: "application/json",
      responseJsonSchema: format.schema,
    }),
    ...(Object.keys(thinkingConfig).length > 0 && { thinkingConfig }),
  };
}

/** Our words for thinking in the vendor's; a level and a budget exclude each other. */
function ownWords(
  { reasoning, thinking_budget_tokens: budget }: ParamsOfVendor<"gemini">,
  { thinkingBudget, thinkingLevel }: { thinkingBudget?: unknown; thinkingLevel?: unknown },
  { efforts: [least] }: ModelTraits,
): object {
  const isOpen = thinkingBudget === undefined && thinkingLevel === undefined;
  const isOff = reasoning === "off" || budget === 0;
  // No model of the third generation can be kept from thinking at all.
  const off = least ? { thinkingLevel: least } : { thinkingBudget: 0 };
  const limit = isOff ? off : budget !== undefined && { thinkingBudget: budget };
  return {
    ...(reasoning && { includeThoughts: reasoning === "emit" }),
    ...(isOpen && limit),
  };
}

function present(record: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

function declaration({ name, description, inputSchema }: ToolDefinition): object {
  return { name, description, parametersJsonSchema: inputSchema };
}

function contents(message: StoredMessage, names: ToolNames, model: string): GeminiContent[] {
  if (message.role === "system") {
    // There is no such role here, and a change of `systemInstruction` would change the prefix.
    return [{ role: "user", parts: [{ text: message.content }] }];
  }
  if (message.role === "user") return [{ role: "user", parts: partsOf(message.content) }];
  if (message.role === "tool_results") {
    return [{ role: "user", parts: message.results.map((result) => answer(result, names)) }];
  }
  const parts = nativeParts(message, model) ?? rebuilt(message.blocks);
  return parts.length > 0 ? [{ role: "model", parts }] : [];
}

function nativeParts({ native }: StoredMessage, model: string): unknown[] | undefined {
  const isOwn = native?.provider === "gemini" && native.model === model;
  return isOwn && Array.isArray(native.content) ? native.content : undefined;
}

/** The vendor's documented stand-in for the seal of a call that another model made. */
const foreignSeal = "skip_thought_signature_validator";

/** Another model's blocks: reasoning and server tools are left out, for only that model can read them. */
function rebuilt(blocks: readonly AssistantBlock[]): object[] {
  const firstCall = blocks.find((block) => block.block_type === "tool_use");
  return blocks.flatMap((block): object[] => {
    const { block_type, data } = block;
    if (block_type === "text" && data.text !== "") return [{ text: data.text }];
    if (block_type !== "tool_use") return [];
    const functionCall = { name: data.name, args: isRecord(data.args) ? data.args : {} };
    // Of parallel calls only the first carries one.
    return [{ functionCall, ...(block === firstCall && { thoughtSignature: foreignSeal }) }];
  });
}

/** What the vendor knows a call by: always its name, and an id only if it gave one itself. */
type ToolNames = ReadonlyMap<string, { id?: string; name: string }>;

function toolNames(messages: readonly StoredMessage[], model: string): ToolNames {
  const names = new Map<string, { id?: string; name: string }>();
  for (const message of messages) {
    if (message.role !== "block_assistant") continue;
    const own = new Set((nativeParts(message, model) ?? []).map(callId));
    for (const { block_type, data } of message.blocks) {
      if (block_type !== "tool_use") continue;
      const { id, name } = data;
      names.set(id, { ...(own.has(id) && { id }), name });
    }
  }
  return names;
}

function callId(part: unknown): unknown {
  const call = isRecord(part) ? part["functionCall"] : undefined;
  return isRecord(call) ? call["id"] : undefined;
}

function answer({ tool_use_id, content, is_error }: ToolResult, names: ToolNames): object {
  const blocks = typeof content === "string" ? [{ type: "text" as const, text: content }] : content;
  const text = blocks.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n");
  const images = blocks.filter((block) => block.type === "image").map(part);
  const call = names.get(tool_use_id) ?? { name: tool_use_id };
  const response = is_error ? { error: text } : { result: text };
  return { functionResponse: { ...call, response, ...(images.length > 0 && { parts: images }) } };
}

function partsOf(content: Content): object[] {
  return typeof content === "string" ? [{ text: content }] : content.map(part);
}

function part(block: ContentBlock): object {
  return block.type === "text"
    ? { text: block.text }
    : { inlineData: { mimeType: block.media_type, data: block.data } };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
