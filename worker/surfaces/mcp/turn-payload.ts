import * as z from "zod";
import type { AppError, RunResult } from "../../../sdk/contract/index.ts";
import { PendingToolCall } from "../../../sdk/contract/run.ts";
import { WireUsage } from "../../../sdk/contract/usage.ts";
import type { StartedRun } from "../../call.ts";

/** What both tools answer (contract 4.2), and what they answer before the turn's end. */
export const TurnPayload = z.object({
  content: z.array(z.object({ type: z.literal("text"), text: z.string() })),
  session_id: z.string(),
  session_ref: z.string(),
  run_id: z.string(),
  status: z.enum(["completed", "pending_tool_call", "running"]),
  turns: z.int().optional(),
  tool_calls: z.int().optional(),
  usage: WireUsage.optional(),
  structured_output: z.unknown().optional(),
  schema_warnings: z.unknown().optional(),
  extraction_error: z.unknown().optional(),
  skill_diagnostics: z.null().optional(),
  terminal_cause_kind: z.string().optional(),
  pending_tool_calls: z.array(PendingToolCall).optional(),
  after: z.int().optional().describe("The turn's events come after this seq"),
});
export type TurnPayload = z.infer<typeof TurnPayload>;

/** What a turn came to. That it waits for a tool of the caller's is an answer, not a failure. @throws {AppError} */
export async function turnPayload(result: Promise<unknown>): Promise<TurnPayload> {
  try {
    // Both operations answer so; a session that is only created is not asked for here.
    return completedTurn((await result) as RunResult);
  } catch (cause) {
    const pending = pendingTurn(cause);
    if (pending) return pending;
    throw cause;
  }
}

function pendingTurn(cause: unknown): TurnPayload | undefined {
  if (!(cause instanceof Error) || !("code" in cause) || cause.code !== "CALLBACK_PENDING") {
    return undefined;
  }
  // The session's object put these there: see `callbackPending`.
  const { details } = cause as AppError & { details: TurnPayload };
  const { session_id, session_ref, run_id, pending_tool_calls } = details;
  const text = "The turn waits for your tools: answer with meerkat_resume and tool_results.";
  const status = "pending_tool_call";
  return {
    content: textContent(text),
    session_id,
    session_ref,
    run_id,
    status,
    pending_tool_calls,
  };
}

/** A turn that nobody waits for. */
export function runningTurn({ session, runId, after }: StartedRun): TurnPayload {
  const text = `The turn runs. Follow it with meerkat_event_stream_open {session_id, after: ${after}}, or see its answer with meerkat_read once state is idle.`;
  return {
    content: textContent(text),
    session_id: session.sessionId,
    session_ref: session.sessionRef,
    run_id: runId,
    status: "running",
    after,
  };
}

function completedTurn({ text, ...result }: RunResult): TurnPayload {
  return { content: textContent(text), ...result, status: "completed", skill_diagnostics: null };
}

function textContent(text: string): TurnPayload["content"] {
  return [{ type: "text", text }];
}
