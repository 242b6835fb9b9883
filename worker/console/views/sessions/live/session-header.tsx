import { useSignal } from "@preact/signals";
import { may, useAccess } from "../../../app/access.ts";
import { copyText } from "../../../parts/copy-button.tsx";
import { count } from "../../../parts/figures.ts";
import { Menu } from "../../../parts/menu.tsx";
import { StateBadge } from "../../../parts/state-badge.tsx";
import { titleOf } from "../title.ts";
import { ArchiveDialog } from "./archive-dialog.tsx";
import { asCurl, asMarkdown } from "./export.ts";
import { forkAt } from "./fork.ts";
import type { LiveSession } from "./live-session.ts";
import { ShareDialog } from "./share-dialog.tsx";

/** What the session is, and what can be done with it as a whole. */
export function SessionHeader({ session }: { session: LiveSession }) {
  const { client, self } = useAccess();
  // Read, so that this is drawn again with every change.
  void session.version.value;
  const isSharing = useSignal(false);
  const isArchiving = useSignal(false);
  const info = session.info.value;
  const isArchived = session.stage.value.kind === "archived";
  const state = isArchived ? "archived" : session.log.isRunning ? "running" : "idle";
  return (
    <header class="session-header">
      {!self.watching && (
        <a class="back" href="#/sessions" aria-label="All sessions">
          ←
        </a>
      )}
      <div class="session-title">
        <h1>{titleOf(info ?? { sessionId: session.id })}</h1>
        <p class="facts">
          <StateBadge state={state} />
          {info && (
            <>
              <span>{info.model}</span>
              <span class="number">{count(info.messageCount)} messages</span>
              <span class="number">{count(info.totalTokens)} tokens</span>
            </>
          )}
          <button
            class="quiet small id"
            title="Copy the id"
            onClick={() => void copyText(session.id, "Id")}
          >
            {session.id.slice(-8)}
          </button>
        </p>
      </div>
      {may.value.administer && !isArchived && (
        <button onClick={() => (isSharing.value = true)}>Share</button>
      )}
      <Menu
        label="More actions"
        items={[
          ...(session.hasTranscript
            ? [
                {
                  text: "Copy as Markdown",
                  run: async () =>
                    copyText(asMarkdown(await session.transcript.all()), "Transcript"),
                },
              ]
            : []),
          { text: "Copy as curl", run: () => copyText(asCurl(session.id), "Command") },
          { text: "Copy link", run: () => copyText(location.href.replace(/@\d+$/, ""), "Link") },
          ...(may.value.run ? [{ text: "Fork", run: () => forkAt(client, session.id) }] : []),
          ...(may.value.run && !isArchived
            ? [{ text: "Archive…", run: () => (isArchiving.value = true), tone: "danger" }]
            : []),
        ]}
      />
      <ShareDialog session={session} isOpen={isSharing} />
      <ArchiveDialog session={session} isOpen={isArchiving} />
    </header>
  );
}
