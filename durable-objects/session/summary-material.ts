import type { Content } from "../../sdk/contract/index.ts";
import type { StoredMessage } from "../providers/provider.ts";

// How long one piece may be, in characters: the largest that lets everything fit.
const PIECE_CHARS = [64_000, 16_000, 4_000, 1_000, 250] as const;

/** The messages as plain text of at most about `chars` characters: long pieces are cut in their middle first. */
export function materialOf(messages: readonly StoredMessage[], chars: number): string {
  const pieces = messages.flatMap(piecesOf);
  for (const limit of PIECE_CHARS) {
    const cut = pieces.map((piece) => excerpt(piece, limit)).join("\n\n");
    if (cut.length <= chars) return cut;
  }
  return newest(pieces, chars);
}

/** A text with its middle left out if it is longer than the limit. */
export function excerpt(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const end = Math.floor(limit / 3);
  const start = limit - end;
  const gap = `\n[… ${text.length - limit} characters left out …]\n`;
  // Never half a surrogate pair, which is not text.
  return (text.slice(0, start) + gap + text.slice(-end)).toWellFormed();
}

/** As many of the newest pieces as there is room for: of a conversation that is too long, its end matters most. */
function newest(pieces: readonly string[], chars: number): string {
  const [limit] = PIECE_CHARS.slice(-1);
  const kept: string[] = [];
  let used = 0;
  for (const piece of pieces.toReversed()) {
    const cut = excerpt(piece, limit ?? 0);
    used += cut.length + 2;
    if (used > chars) break;
    kept.unshift(cut);
  }
  return [`[${pieces.length - kept.length} earlier entries left out]`, ...kept].join("\n\n");
}

function piecesOf(message: StoredMessage): string[] {
  switch (message.role) {
    case "system":
      return [`[application] ${message.content}`];
    case "user":
      return [`[user] ${textOf(message.content)}`];
    case "tool_results":
      return message.results.map(({ tool_use_id, content, is_error }) => {
        const outcome = is_error ? "failed" : "result";
        return `[tool ${outcome} ${tool_use_id}] ${textOf(content)}`;
      });
    case "block_assistant":
      return message.blocks.flatMap(({ block_type, data }) => {
        if (block_type === "text") return [`[assistant] ${data.text}`];
        if (block_type === "reasoning") return [];
        if (block_type === "tool_use") {
          return [`[tool call ${data.id}] ${data.name} ${JSON.stringify(data.args)}`];
        }
        return [`[${data.kind}] ${JSON.stringify(data.content)}`];
      });
  }
}

/** A content's words; an image is named only. */
export function textOf(content: Content): string {
  if (typeof content === "string") return content;
  const words = content.map((block) =>
    block.type === "text" ? block.text : `[image: ${block.media_type}]`,
  );
  return words.join("\n");
}
