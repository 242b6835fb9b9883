import { signal } from "@preact/signals";

/** A key that does something on the page that is shown. */
export interface Shortcut {
  key: string;
  label: string;
  run: () => void;
}

const shown = signal<readonly Shortcut[]>([]);

/** The keys that work now, for the list of `?`. */
export const shortcuts = shown;

/** Adds keys while a part of the page is shown. @returns what removes them */
export function addShortcuts(added: readonly Shortcut[]): () => void {
  shown.value = [...shown.value, ...added];
  return () => (shown.value = shown.value.filter((shortcut) => !added.includes(shortcut)));
}

/** Listens for keys, except where the user writes. */
export function startShortcuts(): void {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (isWriting(event.target) || document.querySelector("dialog[open]")) return;
    const shortcut = shown.value.findLast(({ key }) => key === event.key);
    if (!shortcut) return;
    event.preventDefault();
    shortcut.run();
  });
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select") !== null;
}
