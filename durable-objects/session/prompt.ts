import type { ConfigDocument, Content } from "../../sdk/contract/index.ts";
import type { StoredMessage } from "../providers/provider.ts";
import { wordsOf } from "./excerpt.ts";

const DEFAULT_SYSTEM_PROMPT = "You are a helpful assistant.";

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

/** The prompt's words for the log. */
export function promptText(prompt: Content): string {
  return typeof prompt === "string" ? prompt : wordsOf(prompt);
}

function prefixed(notice: string, prompt: Content): Content {
  if (notice === "") return prompt;
  if (typeof prompt === "string") return notice + prompt;
  return [{ type: "text", text: notice.trimEnd() }, ...prompt];
}
