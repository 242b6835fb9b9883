import type { Message } from "./transcript.ts";

/** A transcript as a Markdown document. */
export function asMarkdown(messages: readonly Message[]): string {
  return messages.map(section).filter(Boolean).join("\n\n");
}

/** A command that asks for the same over REST. The token is the reader's own to fill in. */
export function asCurl(sessionId: string): string {
  const { origin } = location;
  return [
    `curl ${origin}/sessions/${sessionId}/messages \\`,
    `  -H "Authorization: Bearer $RKAT_TOKEN" \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '{"prompt": "Hello"}'`,
  ].join("\n");
}

function section(message: Message): string {
  switch (message.role) {
    case "system":
      return `## System\n\n${message.content}`;
    case "user":
      return `## User\n\n${words(message.content)}`;
    case "tool_results":
      return message.results
        .map(({ content, isError }) => fenced(isError ? "Error" : "Result", words(content)))
        .join("\n\n");
    case "block_assistant":
      return ["## Assistant", ...message.blocks.map(block)].filter(Boolean).join("\n\n");
  }
}

function block(part: Extract<Message, { role: "block_assistant" }>["blocks"][number]): string {
  switch (part.blockType) {
    case "text":
      return part.data.text;
    case "reasoning":
      return part.data.text.replaceAll(/^/gm, "> ");
    case "tool_use":
      return fenced(`Call of ${part.data.name}`, JSON.stringify(part.data.args, null, 2));
    case "server_tool_content":
      return fenced(part.data.kind, JSON.stringify(part.data.content, null, 2));
  }
}

function words(content: Extract<Message, { role: "user" }>["content"]): string {
  if (typeof content === "string") return content;
  return content
    .map((part) => (part.type === "text" ? part.text : `(${part.mediaType})`))
    .join("\n\n");
}

/** A fence that is longer than any within. */
function fenced(title: string, text: string): string {
  const runs = text.match(/`{3,}/g) ?? [];
  const fence = "`".repeat(Math.max(3, ...runs.map(({ length }) => length + 1)));
  return `**${title}**\n\n${fence}\n${text}\n${fence}`;
}
