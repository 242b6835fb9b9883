import type { AgentEvent, ToolResult, Usage } from "../../sdk/contract/index.ts";
import type { StoredMessage } from "../providers/provider.ts";
import type { Journal } from "./journal.ts";
import type { Outcome } from "./outcome.ts";
import type { RunState } from "./state.ts";
import { CUT_OFF, openCalls, unanswered } from "./tool-calls.ts";

/** The run's one terminal event. */
export function terminalEvent(
  session_id: string,
  run_id: string,
  outcome: Outcome,
  usage: Usage,
): AgentEvent {
  const cause = outcome.cause === undefined ? {} : { terminal_cause_kind: outcome.cause };
  if (outcome.ok) {
    const result = outcome.text;
    return {
      type: "run_completed",
      session_id,
      run_id,
      result,
      usage,
      extraction_required: false,
      ...cause,
    };
  }
  const { class: failureClass, message } = outcome;
  const report = { class: failureClass, message };
  return { type: "run_failed", session_id, run_id, error: message, error_report: report, ...cause };
}

/**
 * What the transcript needs so that the next request is valid although this run was cut off: a result
 * for every open call (design I-10), and a marker where an answer was cancelled (contract 7.4).
 */
export function closing(journal: Journal, run: RunState, outcome: Outcome): StoredMessage[] {
  const created_at = new Date().toISOString();
  const open = openCalls(newestMessage(journal));
  const { results: known } = storedResults(journal, run);
  const results = open.map((call) => known.get(call.id) ?? unanswered(call, CUT_OFF));
  const messages: StoredMessage[] = [];
  if (results.length > 0) messages.push({ role: "tool_results", results, created_at });
  if (!outcome.ok && outcome.class === "cancelled") {
    messages.push({ role: "block_assistant", blocks: [], stop_reason: "cancelled", created_at });
  }
  return messages;
}

/** Results of open calls that the log holds already, although the transcript does not yet. */
export function storedResults(journal: Journal, run: RunState) {
  const results = new Map<string, ToolResult>();
  const open = openCalls(newestMessage(journal));
  if (open.length === 0) return { results, hasOpenCalls: false };
  const ids = new Set(open.map(({ id }) => id));
  for (const { event } of journal.eventsAfter(run.stepSeq)) {
    if (event.type !== "tool_execution_completed" || !ids.has(event.id)) continue;
    const { id, content, is_error } = event;
    results.set(id, { tool_use_id: id, content, is_error });
  }
  return { results, hasOpenCalls: true };
}

function newestMessage(journal: Journal): StoredMessage[] {
  const { messageCount = 0 } = journal.session?.state ?? {};
  return [...journal.messagesFrom(Math.max(messageCount - 1, 0))];
}
