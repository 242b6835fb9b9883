import { useEffect, useMemo } from "preact/hooks";
import { leaveIfRefused, may, useAccess } from "../../../app/access.ts";
import { plainWords } from "../../../app/plain-words.ts";
import { EmptyState } from "../../../parts/empty-state.tsx";
import { Composer } from "./composer.tsx";
import { LiveSession } from "./live-session.ts";
import { SessionHeader } from "./session-header.tsx";
import { TranscriptView } from "./transcript-view.tsx";

interface SessionPageProps {
  id: string;
  /** A place in the log that the address names. */
  seq: number | undefined;
}

/** One session, live. */
export function SessionPage({ id, seq }: SessionPageProps) {
  const { client, self } = useAccess();
  const session = useMemo(() => new LiveSession(client, id, self.watching?.after), [client, id]);
  useEffect(() => {
    void session.follow(seq);
    return () => session.close();
  }, [session]);
  const stage = session.stage.value;
  useEffect(() => {
    if (stage.kind === "failed") leaveIfRefused(stage.error);
  }, [stage]);
  if (stage.kind === "failed") {
    return (
      <EmptyState title="This session cannot be shown" tone="bad" isPage>
        <p>{plainWords(stage.error)}</p>
        {!self.watching && <a href="#/sessions">All sessions</a>}
      </EmptyState>
    );
  }
  return (
    <div class="session">
      <SessionHeader session={session} />
      {stage.kind === "opening" ? (
        <div class="transcript-frame" aria-busy="true" />
      ) : (
        <TranscriptView session={session} seq={seq} />
      )}
      {stage.kind === "archived" && (
        <p class="composer note">This session is archived. It can be read and forked.</p>
      )}
      {stage.kind === "open" && may.value.run && <Composer session={session} />}
      {stage.kind === "open" && !may.value.run && (
        <p class="composer note">
          {self.watching ? "You are watching a shared session." : "Your token may only read."}
          {self.watching?.redactTools && " What tools were given and answered is left out."}
        </p>
      )}
    </div>
  );
}
