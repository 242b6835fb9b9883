import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { EmptyState } from "../parts/empty-state.tsx";
import { plainWords } from "./plain-words.ts";
import { route } from "./router.ts";
import type { PageProps, Section } from "./sections.ts";

/** The page that the address names, once its code is here. */
export function Page({ sections }: { sections: readonly Section[] }) {
  const { section: name, rest } = route.value;
  const section = sections.find((candidate) => candidate.name === name);
  const [View, setView] = useState<{ name: string; Component: ComponentType<PageProps> }>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    if (!section) return;
    setProblem(undefined);
    section.load().then(
      ({ default: Component }) => setView({ name, Component }),
      (error: unknown) => setProblem(plainWords(error)),
    );
  }, [section]);
  useEffect(() => {
    document.title = `${section?.title ?? "Not found"} · Meerkat Edge`;
  }, [section]);
  if (!section) {
    return (
      <EmptyState title="There is nothing at this address" isPage>
        <a href="#/sessions">Go to the sessions</a>
      </EmptyState>
    );
  }
  if (problem !== undefined) {
    return (
      <EmptyState title="This page could not be loaded" tone="bad" isPage>
        <p>{problem}</p>
        <button onClick={() => location.reload()}>Reload</button>
      </EmptyState>
    );
  }
  return View?.name === name ? <View.Component rest={rest} /> : null;
}
