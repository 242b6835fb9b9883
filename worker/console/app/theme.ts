/** What colours are shown: the system's choice, or the user's own. */
export type Theme = "system" | "light" | "dark";

const KEY = "meerkat.theme";
const order: readonly Theme[] = ["system", "light", "dark"];

/** The choice that this browser remembers. */
export function storedTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  return order.find((theme) => theme === stored) ?? "system";
}

/** Shows a theme; the style sheet does the rest. */
export function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

/** Shows and remembers the theme that comes after this one. */
export function nextTheme(theme: Theme): Theme {
  const next = order[(order.indexOf(theme) + 1) % order.length] ?? "system";
  localStorage.setItem(KEY, next);
  applyTheme(next);
  return next;
}
