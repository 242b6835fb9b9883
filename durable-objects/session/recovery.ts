import type { AgentEvent, ToolResult } from "../../sdk/contract/index.ts";
import type { StoredMessage } from "../providers/provider.ts";
import type { Journal } from "./journal.ts";
import type { RunState } from "./state.ts";
import { openCalls } from "./tool-calls.ts";

/** Tells that a model step starts again and from where on its output does not count (design I-6). */
export function restarted(run: RunState, attempt: number, maxAttempts: number): AgentEvent {
  return {
    type: "step_restarted",
    run_id: run.runId,
    turn_number: run.progress.turns,
    voided_from_seq: run.stepSeq + 1,
    reason: "crash",
    attempt,
    max_attempts: maxAttempts,
  };
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

/** The transcript's last message, or nothing. */
export function newestMessage(journal: Journal): StoredMessage[] {
  const { messageCount = 0 } = journal.session?.state ?? {};
  return [...journal.messagesFrom(Math.max(messageCount - 1, 0))];
}
