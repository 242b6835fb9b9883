import type { StoredMessage } from "../providers/provider.ts";

/** What the model is shown in place of the transcript's beginning. */
export interface Summary {
  text: string;
  /** What the application itself had told in that beginning, as system messages: kept word for word. */
  notes: string[];
  /** The user's prompt that is being worked on, if the summary stands for that, too. */
  request?: string;
  created_at: string;
}

/** How much of the transcript the summary stands for. The messages themselves stay stored. */
export interface CompactionMark {
  /** Position of the first message that the model is shown as it was said. */
  upTo: number;
  /** Position of the first message that came after the compaction. */
  at: number;
}

/** A compaction that was made, to be stored in one commit with the event that tells it. */
export interface Compaction {
  mark: CompactionMark;
  summary: Summary;
}

/** What stands before the messages that the model is shown as they were said. */
export function headOf(
  system: StoredMessage | undefined,
  summary: Summary | undefined,
): StoredMessage[] {
  if (!summary) return system ? [system] : [];
  const { created_at, text, notes, request } = summary;
  const prompt = system?.role === "system" ? system.content : "";
  // One system prompt, since not every vendor takes a second one here.
  const content = [prompt, ...notes].filter(Boolean).join("\n\n");
  const parts = [`${SUMMARY_TITLE}\n\n${text}`, request && `${REQUEST_TITLE}\n\n${request}`];
  return [
    { role: "system", content, created_at },
    { role: "user", content: parts.filter(Boolean).join("\n\n"), created_at },
  ];
}

/**
 * A message without its vendor's own content. Seals hold only after the very messages that they were made
 * after, so a message that was said before a compaction cannot show its own afterwards.
 */
export function unsealed({ native: _sealed, ...message }: StoredMessage): StoredMessage {
  return message;
}

const SUMMARY_TITLE =
  "[SUMMARY: the beginning of this conversation no longer fits and was condensed to the following. " +
  "It is a record of what was said and done, not a new request.]";
const REQUEST_TITLE = "[THE USER'S LATEST REQUEST, which is being worked on:]";
