import { AppError, type RunResult, wireUsage } from "../../sdk/contract/index.ts";
import type { Journal } from "./journal.ts";
import type { FinishedRun } from "./state.ts";

/** A finished run as its caller hears of it. @throws {AppError} the way the run failed. */
export function runResult(journal: Journal, finished: FinishedRun): RunResult {
  const found = journal.session;
  if (!found) throw new AppError("SESSION_NOT_FOUND", "Session not found");
  const { identity, state } = found;
  const ids = {
    session_id: identity.sessionId,
    session_ref: `${identity.realmId}:${identity.sessionId}`,
    run_id: finished.runId,
  };
  if (finished.failure) {
    const { code, message } = finished.failure;
    throw new AppError(code, message, { ...ids, resumable: true });
  }
  const [terminal] = journal.eventsAfter(finished.seq - 1);
  return {
    ...ids,
    text: terminal?.event.type === "run_completed" ? terminal.event.result : "",
    turns: finished.turns,
    tool_calls: finished.toolCalls,
    usage: wireUsage(state.usage),
    structured_output: null,
    schema_warnings: null,
    ...(finished.cause === undefined ? {} : { terminal_cause_kind: finished.cause }),
  };
}
