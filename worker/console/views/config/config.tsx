import { useEffect, useMemo } from "preact/hooks";
import { useAccess } from "../../app/access.ts";
import { tell } from "../../app/notices.ts";
import type { PageProps } from "../../app/sections.ts";
import { Comparison } from "./comparison.tsx";
import { ConfigEdit } from "./config-edit.tsx";
import { History } from "./history.tsx";
import { draftOf } from "./present-draft.ts";

/** The realm's config: the document, `history`, or `history/<from>..<to>`, the difference of two generations. */
export default function Config({ rest }: PageProps) {
  const { self } = useAccess();
  const draft = useMemo(() => draftOf(self), [self]);
  useEffect(
    () => () => {
      if (draft.isTyped.value)
        tell("What you typed in the config is kept there, and not saved yet");
    },
    [draft],
  );
  const [page, compared] = rest.split("/");
  const [, from, to] = /^(\d+)\.\.(\d+)$/.exec(compared ?? "") ?? [];
  return (
    <>
      <div class="page-head">
        <h1>Config</h1>
        <nav class="tabs" aria-label="Config">
          <a href="#/config" aria-current={page === "" ? "page" : undefined}>
            Document
          </a>
          <a href="#/config/history" aria-current={page === "history" ? "page" : undefined}>
            History
          </a>
        </nav>
      </div>
      {page !== "history" ? (
        <ConfigEdit draft={draft} />
      ) : from !== undefined && to !== undefined ? (
        <Comparison from={Number(from)} to={Number(to)} draft={draft} />
      ) : (
        <History draft={draft} />
      )}
    </>
  );
}
