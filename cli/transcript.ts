import type { AssistantBlock, Content, Message, ToolResult } from "../sdk/contract/index.ts";

const SHOWN_CHARACTERS = 500;

/** A piece of a transcript as blocks numbered from `offset` on, long content cut. */
export function transcriptText(messages: readonly Message[], offset: number): string {
  return messages
    .map(
      (message, index) => `[${offset + index}] ${roleName(message)}:\n${shortened(body(message))}`,
    )
    .join("\n\n");
}

function roleName({ role }: Message): string {
  return role === "block_assistant" ? "ASSISTANT" : role.toUpperCase();
}

function body(message: Message): string {
  if (message.role === "block_assistant") return message.blocks.map(blockText).join("\n");
  if (message.role === "tool_results") return message.results.map(resultText).join("\n");
  return contentText(message.content);
}

function blockText(block: AssistantBlock): string {
  if (block.block_type === "text") return block.data.text;
  if (block.block_type === "reasoning") return `(thinking) ${block.data.text}`;
  if (block.block_type === "server_tool_content") return `(${block.data.kind})`;
  return `→ ${block.data.name} ${JSON.stringify(block.data.args)}`;
}

function resultText({ tool_use_id: id, content, is_error: failed }: ToolResult): string {
  return `${failed ? "✗" : "✓"} ${id}: ${contentText(content)}`;
}

function contentText(content: Content): string {
  if (typeof content === "string") return content;
  return content
    .map((block) => (block.type === "text" ? block.text : `(${block.media_type})`))
    .join("\n");
}

/** The beginning of a long text, and how long it is. */
export function shortened(text: string): string {
  if (text.length <= SHOWN_CHARACTERS) return text;
  return `${text.slice(0, SHOWN_CHARACTERS).toWellFormed()}… (${text.length} characters)`;
}
