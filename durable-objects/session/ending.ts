import { addUsage, type AgentEvent, type Usage } from "../../sdk/contract/index.ts";
import type { StoredMessage } from "../providers/provider.ts";
import type { Change, Journal } from "./journal.ts";
import { extractionEvents } from "./extraction-events.ts";
import type { Outcome } from "./outcome.ts";
import { storedResults } from "./recovery.ts";
import type { FinishedRun, RunProgress, RunState } from "./state.ts";
import { CUT_OFF, unanswered } from "./tool-calls.ts";

/** What the loop itself has to say at its end; absent when a run is cut off from outside. */
export interface RunPart {
  events: readonly AgentEvent[];
  messages: readonly StoredMessage[];
  progress: RunProgress;
}

/** The change that ends a run: its last events, its usage, and a transcript fit for the next request. */
export function endOf(journal: Journal, run: RunState, outcome: Outcome, part?: RunPart): Change {
  const found = journal.session;
  if (!found) throw new Error("a run without a session");
  const progress = part?.progress ?? run.progress;
  const finished: Omit<FinishedRun, "seq"> = {
    runId: run.runId,
    turns: progress.turns,
    toolCalls: progress.toolCalls,
    ...(outcome.cause === undefined ? {} : { cause: outcome.cause }),
    ...(outcome.ok ? {} : { failure: { code: outcome.code, message: outcome.message } }),
  };
  const { sessionId } = found.identity;
  const extracted = extractionEvents(sessionId, run.runId, outcome);
  const terminal = terminalEvent(sessionId, run.runId, outcome, progress.usage);
  return {
    events: [...(part?.events ?? []), ...extracted, terminal],
    messages: part ? part.messages : closing(journal, run, outcome),
    state: ({ last }) => ({
      run: undefined,
      usage: addUsage(found.state.usage, progress.usage),
      updatedAt: Date.now(),
      lastRun: { ...finished, seq: last },
      lastCall: progress.lastCall ?? found.state.lastCall,
    }),
  };
}

/** The run's one terminal event. */
export function terminalEvent(
  session_id: string,
  run_id: string,
  outcome: Outcome,
  usage: Usage,
): AgentEvent {
  const cause = outcome.cause === undefined ? {} : { terminal_cause_kind: outcome.cause };
  if (outcome.ok) {
    const { text: result, extraction } = outcome;
    return {
      type: "run_completed",
      session_id,
      run_id,
      result,
      usage,
      ...(extraction?.ok ? { structured_output: extraction.value } : {}),
      extraction_required: false,
      ...cause,
    };
  }
  const { class: failureClass, message } = outcome;
  const report = { class: failureClass, message };
  const error_class = failureClass;
  return {
    type: "run_failed",
    session_id,
    run_id,
    error: message,
    error_class,
    error_report: report,
    ...cause,
  };
}

/**
 * What the transcript needs so that the next request is valid although this run was cut off: a result
 * for every open call (design I-10), and a marker where an answer was cancelled (contract 7.4).
 */
function closing(journal: Journal, run: RunState, outcome: Outcome): StoredMessage[] {
  const created_at = new Date().toISOString();
  const { open, results: known } = storedResults(journal, run);
  const results = open.map((call) => known.get(call.id) ?? unanswered(call, CUT_OFF));
  const messages: StoredMessage[] = [];
  if (results.length > 0) messages.push({ role: "tool_results", results, created_at });
  if (!outcome.ok && outcome.class === "cancelled") {
    messages.push({ role: "block_assistant", blocks: [], stop_reason: "cancelled", created_at });
  }
  return messages;
}
