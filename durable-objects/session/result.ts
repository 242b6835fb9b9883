import {
  type AgentEvent,
  AppError,
  endsRun,
  type RunResult,
  wireUsage,
} from "../../sdk/contract/index.ts";
import { extractionFields } from "./extraction-events.ts";
import type { Journal } from "./journal.ts";
import type { FinishedRun } from "./state.ts";
import { lastAssistantText } from "./view.ts";

/** How a run ended: the newest from the state, an older one by its events from `firstSeq` on. */
export function finishedRun(
  journal: Journal,
  runId: string,
  firstSeq: number,
): FinishedRun | undefined {
  const { lastRun } = journal.session?.state ?? {};
  if (lastRun?.runId === runId || firstSeq <= 0) {
    return lastRun?.runId === runId ? lastRun : undefined;
  }
  for (const { seq, event } of journal.eventsAfter(firstSeq - 1)) {
    if (!endsRun(event) || !("run_id" in event) || event.run_id !== runId) continue;
    return journal.stateAt(seq)?.lastRun;
  }
  return undefined;
}

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
  const { before, terminal } = lastEvents(journal, finished.seq);
  // What the session had cost when this run ended, not what it costs by now.
  const { usage, messageCount } = journal.stateAt(finished.seq) ?? state;
  return {
    ...ids,
    text: terminal ? answerOf(terminal, () => lastAssistantText(journal, messageCount)) : "",
    turns: finished.turns,
    tool_calls: finished.toolCalls,
    usage: wireUsage(usage),
    ...extractionFields(before),
    ...(finished.cause === undefined ? {} : { terminal_cause_kind: finished.cause }),
  };
}

/** The event has the answer, or the beginning of one that only the transcript has whole. */
function answerOf(event: AgentEvent, whole: () => string | undefined): string {
  if (event.type !== "run_completed") return "";
  return (event.truncated && whole()) || event.result;
}

/** A run's terminal event and the one before it, unless a gap in the numbers lies between them. */
function lastEvents(journal: Journal, seq: number): { before?: AgentEvent; terminal?: AgentEvent } {
  const [first, second] = journal.eventsAfter(seq - 2);
  if (first?.seq === seq) return { terminal: first.event };
  return first && second ? { before: first.event, terminal: second.event } : {};
}
