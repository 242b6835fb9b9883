import type { AgentEvent, Content, ContentBlock, ToolResult } from "../../sdk/contract/index.ts";
import type { Journal } from "./journal.ts";
import type { RunState } from "./state.ts";
import { openCalls, timeoutResult, type ToolCall } from "./tool-calls.ts";

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
