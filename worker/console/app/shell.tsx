import { useEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { Page } from "./page.tsx";
import { ShortcutHelp } from "../parts/shortcut-help.tsx";
import { SignOutButton } from "../parts/sign-out-button.tsx";
import { ThemeButton } from "../parts/theme-button.tsx";
import { useAccess } from "./access.ts";
import { route } from "./router.ts";
import { sections } from "./sections.ts";
import { addShortcuts } from "./shortcuts.ts";
import { unsaved } from "./unsaved.ts";

/** The frame around every page: navigation, who is signed in, and the page. */
export function Shell() {
  const access = useAccess();
  const main = useRef<HTMLElement>(null);
  const isHelpOpen = useSignal(false);
  useEffect(
    () =>
      addShortcuts([{ key: "?", label: "Show the keys", run: () => (isHelpOpen.value = true) }]),
    [],
  );
  const open = sections.filter(({ isFor }) => isFor(access));
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to content
      </a>
      <header class="topbar">
        <a class="brand" href="#/sessions">
          Meerkat Edge
        </a>
        {open.length > 1 && (
          <nav aria-label="Main">
            {open.map(({ name, title }) => (
              <a
                key={name}
                href={`#/${name}`}
                aria-current={route.value.section === name ? "page" : undefined}
              >
                {title}
                {unsaved.value.some(({ section }) => section === name) && (
                  <span class="unsaved" title="Not saved yet">
                    <span class="visually-hidden">, not saved yet</span>
                  </span>
                )}
              </a>
            ))}
          </nav>
        )}
        <Who />
        <button class="quiet icon help" aria-label="Keys" onClick={() => (isHelpOpen.value = true)}>
          ?
        </button>
        <ThemeButton />
        {access.hasToken && <SignOutButton />}
      </header>
      <main id="main" class="page" tabIndex={-1} ref={main}>
        <Page sections={open} />
      </main>
      <ShortcutHelp isOpen={isHelpOpen} />
    </>
  );
}

/** The realm, and what the token allows. */
function Who() {
  const { self } = useAccess();
  const allowed = self.watching
    ? "watch only"
    : (["admin", "run", "read"] as const).find((scope) => self.scopes.includes(scope));
  return (
    <p class="who" title={`Realm ${self.realmId}, ${self.actor}`}>
      <span class="realm">{self.realmId}</span>
      <span class="badge">{allowed === "read" ? "read-only" : allowed}</span>
    </p>
  );
}
