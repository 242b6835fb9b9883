import type { Content } from "../../sdk/contract/index.ts";
import type { StoredMessage } from "../providers/provider.ts";

/** About how much text is one token, in UTF-16 units. Only vendors can count exactly. */
export const CHARS_PER_TOKEN = 4;

// Vendors count an image by its size on a screen, not by its bytes, and shrink larger ones to about this.
const IMAGE_TOKENS = 1_600;

/** About how many tokens a message costs as input. Thinking is left out: most vendors do not count it again. */
export function estimateTokens(message: StoredMessage): number {
  switch (message.role) {
    case "system":
    case "user":
      return contentTokens(message.content);
    case "tool_results":
      return sum(message.results.map(({ content }) => contentTokens(content)));
    case "block_assistant":
      return sum(
        message.blocks.map(({ block_type, data }) => {
          if (block_type === "text") return textTokens(data.text);
          if (block_type === "reasoning") return 0;
          return textTokens(JSON.stringify(data) ?? "");
        }),
      );
  }
}

/** The same for several messages together. */
export function estimateAll(messages: readonly StoredMessage[]): number {
  return sum(messages.map(estimateTokens));
}

function contentTokens(content: Content): number {
  if (typeof content === "string") return textTokens(content);
  const blocks = content.map((block) =>
    block.type === "text" ? textTokens(block.text) : IMAGE_TOKENS,
  );
  return sum(blocks);
}

function textTokens(text: string): number {
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
