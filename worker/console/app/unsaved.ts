import { signal } from "@preact/signals";

/** Something written that is not saved; the page keeps it when the user looks elsewhere. */
export interface Unsaved {
  /** The section that it is in. */
  section: string;
  /** What it is, within a sentence: `changes to the config`. */
  name: string;
  /** Forgets it, when the user says so. */
  discard: () => void;
}

/** All that would be lost with the page. */
export const unsaved = signal<readonly Unsaved[]>([]);

/** Has the browser ask before the page goes, and marks the section. @returns what ends that */
export function guardUnsaved(added: Unsaved): () => void {
  // Peeked at: who guards from within an effect does not ask to be run again.
  unsaved.value = [...unsaved.peek(), added];
  return () => (unsaved.value = unsaved.peek().filter((one) => one !== added));
}

/** Asks before the page goes with something unsaved in it. */
export function startGuard(): void {
  addEventListener("beforeunload", (event) => {
    if (unsaved.value.length > 0) event.preventDefault();
  });
}
