import { waitUntil } from "cloudflare:workers";
import type { Caller, StartedRun } from "../../call.ts";
import { sessionFor } from "../../confinement.ts";
import { realmOf } from "../../session-address.ts";
import type { ToolCall } from "./tool.ts";

/**
 * Ends a run when the call that waits for it is cancelled. From 2026-07-28 on a client cancels by
 * closing the stream. Before, it sends a notification, which may reach any isolate: the realm keeps
 * which run the call stands for, until the returned function forgets it.
 */
export function endWithCall(run: StartedRun, call: ToolCall): () => void {
  const { caller, callId, signal } = call;
  if (call.leavingCancels) {
    const cancel = () => waitUntil(stop(run));
    if (signal.aborted) cancel();
    signal.addEventListener("abort", cancel, { once: true });
    return () => signal.removeEventListener("abort", cancel);
  }
  if (callId === undefined) return () => undefined;
  const target = `${run.session.sessionId}/${run.runId}`;
  const noted = realmOf(caller).handles.open(callId, { target, cursor: run.after });
  const forget = async () => {
    await noted;
    await realmOf(caller).handles.close(callId);
  };
  waitUntil(noted);
  return () => waitUntil(forget());
}

/** Takes an older client's notification that it gives up on a call; what is over already stays as it is. */
export async function cancelCall(callId: string, caller: Caller): Promise<void> {
  const handle = await realmOf(caller).handles.find(callId);
  if (!handle) return;
  const [sessionId = "", runId = ""] = handle.target.split("/");
  await stop({ session: await sessionFor("run", sessionId, caller), runId });
}

/** Ends a run wherever it is: still waiting for its turn, or running. */
export async function stop({ session, runId }: Pick<StartedRun, "session" | "runId">) {
  await session.stub().cancelRun(runId);
}
