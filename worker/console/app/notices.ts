import { signal } from "@preact/signals";
import { leaveIfRefused } from "./access.ts";
import { plainWords } from "./plain-words.ts";

/** A short message at the page's edge, which screen readers hear. */
export interface Notice {
  id: number;
  text: string;
  tone: "plain" | "bad";
}

const SHOWN_MS = 6_000;

export const notices = signal<readonly Notice[]>([]);
let lastId = 0;

/** Tells the user something that needs no answer. */
export function tell(text: string, tone: Notice["tone"] = "plain"): void {
  const id = (lastId += 1);
  notices.value = [...notices.value, { id, text, tone }];
  // What went wrong stays until it is read.
  if (tone === "plain") setTimeout(dismiss, SHOWN_MS, id);
}

/** Tells that an action failed, or leaves where the token is no longer accepted. */
export function tellFailure(error: unknown): void {
  if (!leaveIfRefused(error)) tell(plainWords(error), "bad");
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}
