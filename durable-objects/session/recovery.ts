import type { AgentEvent, Content, ContentBlock, ToolResult } from "../../sdk/contract/index.ts";
import type { Change, Journal } from "./journal.ts";
import type { Outcome } from "./outcome.ts";
import { charged, exhaustedRecovery } from "./recovery-budget.ts";
import type { RunState } from "./state.ts";
import type { RestartReason } from "./step.ts";
import { openCalls, timeoutResult, type ToolCall } from "./tool-calls.ts";

/** Why a run is not taken up again. */
export interface Refusal {
  refused: Outcome;
}

/** The change that takes up a run which a crash left behind. */
export function takenUp(journal: Journal, run: RunState): Change | Refusal {
  const again = { ...run, recoveries: run.recoveries + 1 };
  const { open } = storedResults(journal, run);
  // Finished calls stay finished: only a model step that was cut off is void. One whose call may still
  // be joined is voided when it is known what became of that.
  if (!run.upstream && open.length === 0) return startedAgain(journal, again, "crash");
  const refused = exhaustedRecovery(again);
  return refused ? { refused } : { state: () => ({ run: again }) };
}

/**
 * The change that tells that a model step starts again, and from where on its output does not count
 * (design I-6): by a new call, or `reattached` to the old one, which is not paid for twice.
 */
export function startedAgain(
  journal: Journal,
  run: RunState,
  reason: RestartReason,
): Change | Refusal {
  const again = reason === "reattached" ? run : charged(journal, { ...run, upstream: undefined });
  const refused = exhaustedRecovery(again);
  if (refused) return { refused };
  const event: AgentEvent = {
    type: "step_restarted",
    run_id: run.runId,
    turn_number: run.progress.turns,
    voided_from_seq: run.stepSeq + 1,
    reason,
    attempt: run.recoveries,
    max_attempts: run.settings.recovery.maxAttempts,
  };
  return { events: [event], state: ({ last }) => ({ run: { ...again, stepSeq: last } }) };
}

/** The open calls of the transcript, and those of their results that the log holds already. */
export function storedResults(
  journal: Journal,
  run: RunState,
): { open: ToolCall[]; results: Map<string, ToolResult> } {
  const results = new Map<string, ToolResult>();
  const { messageCount = 0 } = journal.session?.state ?? {};
  const open = openCalls([...journal.messagesFrom(Math.max(messageCount - 1, 0))]);
  if (open.length === 0) return { open, results };
  const ids = new Set(open.map(({ id }) => id));
  for (const { event } of journal.eventsAfter(run.stepSeq)) {
    const result = resultOf(journal, event);
    if (result && ids.has(result.tool_use_id)) results.set(result.tool_use_id, result);
  }
  return { open, results };
}

function resultOf(journal: Journal, event: AgentEvent): ToolResult | undefined {
  switch (event.type) {
    case "tool_execution_completed":
      return {
        tool_use_id: event.id,
        content: plain(wholeContent(journal, event)),
        is_error: event.is_error,
      };
    case "tool_execution_timed_out":
      return timeoutResult(event.id, event.timeout_ms);
    default:
      return undefined;
  }
}

function wholeContent(
  journal: Journal,
  { id, content, truncated }: Extract<AgentEvent, { type: "tool_execution_completed" }>,
): ContentBlock[] {
  return (truncated && journal.keptResult(id)) || content;
}

/** The event shows blocks; a tool that answered with a text gave just that. */
function plain(content: ContentBlock[]): Content {
  const [first] = content;
  return content.length === 1 && first?.type === "text" ? first.text : content;
}
