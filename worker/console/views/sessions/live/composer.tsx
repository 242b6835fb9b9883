import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { useAccess } from "../../../app/access.ts";
import { tellFailure } from "../../../app/notices.ts";
import { addShortcuts } from "../../../app/shortcuts.ts";
import { Inputs } from "./inputs.tsx";
import type { LiveSession } from "./live-session.ts";
import { promptDraft } from "./prompt-drafts.ts";
import { refusesTurn } from "./refusal.ts";

type Mode = "queue" | "steer";

/** Where prompts are written. While a turn runs they wait for its end, or join it. */
export function Composer({ session }: { session: LiveSession }) {
  const { client } = useAccess();
  const text = useMemo(() => promptDraft(session.id), [session.id]);
  /** Rises when something was sent, so that the list of what waits is read again. */
  const sent = useSignal(0);
  const field = useRef<HTMLTextAreaElement>(null);
  // Read, so that this is drawn again with every change.
  void session.version.value;
  const { isRunning } = session.log;
  useEffect(
    () => addShortcuts([{ key: "c", label: "Write a prompt", run: () => field.current?.focus() }]),
    [],
  );
  const send = (mode: Mode) => {
    const prompt = text.value.trim();
    if (!prompt) return;
    text.value = "";
    const turn = client.session(session.id).turn(prompt, { handlingMode: mode });
    turn.catch((error: unknown) => {
      // How an accepted turn ends is told in the transcript.
      if (!refusesTurn(error)) return;
      text.value ||= prompt;
      tellFailure(error);
    });
    setTimeout(() => (sent.value += 1), SOON_MS);
  };
  return (
    <div class="composer">
      <Inputs session={session} sent={sent} />
      <form
        onSubmit={(event) => {
          event.preventDefault();
          send("queue");
        }}
      >
        <textarea
          ref={field}
          aria-label="Prompt"
          rows={2}
          dir="auto"
          placeholder={isRunning ? "Queue the next prompt, or steer this turn" : "Write a prompt"}
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") event.currentTarget.blur();
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            send("queue");
          }}
        />
        <div class="composer-actions">
          <span class="hint">Enter sends, Shift+Enter breaks the line</span>
          {isRunning && (
            <>
              <button type="button" class="danger" onClick={() => interrupt()}>
                Interrupt
              </button>
              <button type="button" disabled={!text.value.trim()} onClick={() => send("steer")}>
                Steer
              </button>
            </>
          )}
          <button class="primary" disabled={!text.value.trim()}>
            {isRunning ? "Queue" : "Send"}
          </button>
        </div>
      </form>
    </div>
  );

  function interrupt(): void {
    client.session(session.id).interrupt().catch(tellFailure);
  }
}

/** By then the deployment has taken a prompt in, or the list is read once more when the turn ends. */
const SOON_MS = 300;
