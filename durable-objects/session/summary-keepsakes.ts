import type { StoredMessage } from "../providers/provider.ts";
import { turnStarts } from "./compaction-policy.ts";
import type { Summary } from "./summary.ts";
import { excerpt, textOf } from "./summary-material.ts";
import { CHARS_PER_TOKEN } from "./token-estimate.ts";

const REQUEST_CHARS = 16_000;

/**
 * What the application told among these messages and before: the newest of it stays word for word, as far
 * as it is not longer than a summary may be (`maxTokens`); the rest is condensed with the messages.
 */
export function notesOf(
  messages: readonly StoredMessage[],
  earlier: Summary | undefined,
  maxTokens: number,
): { notes: string[]; rest: StoredMessage[] } {
  const told = messages.flatMap((message) => (message.role === "system" ? [message.content] : []));
  const all = [...(earlier?.notes ?? []), ...told];
  let room = maxTokens * CHARS_PER_TOKEN;
  const first =
    all.findLastIndex((note) => {
      room -= note.length;
      return room < 0;
    }) + 1;
  const said = messages.filter(({ role }) => role !== "system");
  const old = all
    .slice(0, first)
    .map((content): StoredMessage => ({ role: "system", content, created_at: "" }));
  return { notes: all.slice(first), rest: [...old, ...said] };
}

/** The words of the prompt that the turn works on, if it is among the first `count` messages or condensed before. */
export function openRequest(
  tail: readonly StoredMessage[],
  count: number,
  earlier: Summary | undefined,
): string | undefined {
  const start = turnStarts(tail).at(-1);
  if (start === undefined) return earlier?.request;
  if (start >= count) return undefined;
  const end = tail.findIndex(({ role }, at) => at > start && role === "block_assistant");
  const words = tail
    .slice(start, end)
    .flatMap((message) => (message.role === "user" ? [textOf(message.content)] : []));
  return excerpt(words.join("\n\n"), REQUEST_CHARS);
}
