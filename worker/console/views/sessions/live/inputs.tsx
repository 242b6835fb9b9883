import { type Signal, useSignal } from "@preact/signals";
import type { OutputOf } from "meerkat-edge";
import { useEffect } from "preact/hooks";
import { useAccess } from "../../../app/access.ts";
import { tellFailure } from "../../../app/notices.ts";
import { ago } from "../../../parts/figures.ts";
import type { LiveSession } from "./live-session.ts";

type Input = OutputOf<"input/list">["inputs"][number];

/** Prompts that wait: for the running turn's end, or for its next model call. Each can be taken back. */
export function Inputs({ session, sent }: { session: LiveSession; sent: Signal<number> }) {
  const { client } = useAccess();
  const waiting = useSignal<readonly Input[]>([]);
  // Read, so that this is drawn again with every change.
  void session.version.value;
  const { current, isRunning } = session.log;
  const step = session.log.steps.length;
  const read = async () => {
    const { inputs } = await client.call("input/list", { session_id: session.id });
    waiting.value = inputs.filter(({ status }) => status === "queued" || status === "accepted");
  };
  useEffect(() => {
    // What fails here is told by the session's own view.
    read().catch(() => undefined);
  }, [sent.value, current?.runId, isRunning, step]);
  const cancel = async (input: Input) => {
    const ids = { session_id: session.id, input_id: input.input_id };
    await client.call("input/cancel", ids);
    await read();
  };
  if (waiting.value.length === 0) return null;
  return (
    <ul class="inputs" aria-label="Waiting prompts">
      {waiting.value.map((input) => (
        <li key={input.input_id}>
          <span class="badge">{input.status === "queued" ? "queued" : "steering"}</span>
          <span class="input-text">{input.prompt ?? ago(input.created_at * 1_000)}</span>
          <button class="quiet" onClick={() => void cancel(input).catch(tellFailure)}>
            Take back
          </button>
        </li>
      ))}
    </ul>
  );
}
