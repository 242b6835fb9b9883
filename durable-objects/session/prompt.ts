import type { ConfigDocument, Content, ContentBlock } from "../../sdk/contract/index.ts";
import type { StoredMessage } from "../providers/provider.ts";

const DEFAULT_SYSTEM_PROMPT = "You are a helpful assistant.";

// Every event is sent to every watcher, its payload twice (contract 5.3).
const MAX_TOLD_CHARS = 64 * 1024;

interface SystemParts {
  system_prompt?: string | null | undefined;
  additional_instructions?: string[] | null | undefined;
}

/** The session's system prompt, frozen when it is created: vendors' caches and seals depend on it (contract 7.3). */
export function systemMessage(
  { system_prompt, additional_instructions }: SystemParts,
  { agent = {} }: ConfigDocument,
): StoredMessage {
  const base =
    system_prompt ??
    [agent.system_prompt ?? DEFAULT_SYSTEM_PROMPT, agent.tool_instructions]
      .filter(Boolean)
      .join("\n\n");
  const content = [base, ...(additional_instructions ?? [])].filter(Boolean).join("\n\n");
  return { role: "system", content, created_at: new Date().toISOString() };
}

/** What a turn adds to the transcript before the model speaks. */
export function turnMessages(prompt: Content, parts: SystemParts, runId: string): StoredMessage[] {
  const created_at = new Date().toISOString();
  const notices = (parts.additional_instructions ?? []).map(
    (text) => `[SYSTEM NOTICE: ${text}]\n\n`,
  );
  const content = prefixed(notices.join(""), prompt);
  const run = runId === "" ? {} : { run_id: runId };
  const user: StoredMessage = { role: "user", content, ...run, created_at };
  if (!parts.system_prompt) return [user];
  return [{ role: "system", content: parts.system_prompt, created_at }, user];
}

/** The prompt's words for the log: a long one is cut, and images are named, not carried; the transcript has it whole. */
export function promptText(prompt: Content): string {
  const text = typeof prompt === "string" ? prompt : prompt.map(blockText).join("\n");
  if (text.length <= MAX_TOLD_CHARS) return text;
  return `${text.slice(0, MAX_TOLD_CHARS)}… [${text.length - MAX_TOLD_CHARS} more characters]`;
}

function blockText(block: ContentBlock): string {
  return block.type === "text" ? block.text : `[image: ${block.media_type}]`;
}

function prefixed(notice: string, prompt: Content): Content {
  if (notice === "") return prompt;
  if (typeof prompt === "string") return notice + prompt;
  return [{ type: "text", text: notice.trimEnd() }, ...prompt];
}
