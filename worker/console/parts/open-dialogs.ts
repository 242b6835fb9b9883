import { signal } from "@preact/signals";

/** The dialogs that are open, by id, the topmost last. */
export const openDialogs = signal<readonly string[]>([]);

/** Notes that a dialog lies on top of all else. @returns what ends that */
export function noteDialog(id: string): () => void {
  openDialogs.value = [...openDialogs.peek(), id];
  return () => (openDialogs.value = openDialogs.peek().filter((one) => one !== id));
}
