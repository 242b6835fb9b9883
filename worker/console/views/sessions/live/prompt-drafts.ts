import { effect, type Signal, signal } from "@preact/signals";
import { entrance } from "../../../app/access.ts";

const drafts = new Map<string, Signal<string>>();

/** What is written for a session and not sent: there again after looking elsewhere, or signing in anew. */
export function promptDraft(sessionId: string): Signal<string> {
  const draft = drafts.get(sessionId) ?? signal("");
  drafts.set(sessionId, draft);
  return draft;
}

effect(() => {
  // Who signs out leaves nothing behind; whose access ended comes back.
  const left = entrance.value.kind === "out" && entrance.value.notice === undefined;
  if (left) drafts.clear();
});
