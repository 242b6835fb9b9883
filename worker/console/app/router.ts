import { computed, signal } from "@preact/signals";

/** Where the console is: `#/sessions/<id>@<seq>` is section `sessions`, rest `<id>@<seq>`. */
export interface Route {
  section: string;
  rest: string;
}

const hash = signal(location.hash);

/** The address as it is now. */
export const route = computed<Route>(() => {
  const [, section = "", rest = ""] = /^#\/([\w-]+)(?:\/(.*))?$/.exec(hash.value) ?? [];
  return { section: section || "sessions", rest: decode(rest) };
});

/** Follows the address bar. */
export function startRouter(): void {
  addEventListener("hashchange", () => (hash.value = location.hash));
  hash.value = location.hash;
}

/** Goes to another address of the console, such as `sessions/<id>`. */
export function goTo(path: string): void {
  location.hash = `#/${path}`;
}

/** Shows another address without a step in the browser's history. */
export function replaceAddress(path: string): void {
  history.replaceState(null, "", `#/${path}`);
  hash.value = location.hash;
}

/** Takes the token of a share link out of the address bar, where screens, histories and bookmarks would show it. */
export function takeShareToken(): string | undefined {
  const [, token] = /^#share=([\w.~-]+)$/.exec(location.hash) ?? [];
  if (token !== undefined) replaceAddress("share");
  return token;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
