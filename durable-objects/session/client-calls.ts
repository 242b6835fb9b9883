import { AppError, type PendingToolCall, type ToolAnswer } from "../../sdk/contract/index.ts";
import { shownArguments } from "./excerpt.ts";
import type { Change, Journal } from "./journal.ts";
import { storedResults } from "./recovery.ts";
import type { RunState } from "./state.ts";
import { completed, timedOut, type ToolCall } from "./tool-calls.ts";

/** The change that lets a run wait for its clients: from here on it needs no memory. */
export function parked(run: RunState, calls: readonly ToolCall[]): Change {
  const since = Date.now();
  const callIds = calls.map(({ id }) => id);
  return {
    events: calls.map(({ id, name, args }) => ({
      type: "interaction_callback_pending",
      interaction_id: id,
      tool_name: name,
      args,
    })),
    state: () => ({
      run: { ...run, waiting: { callIds, since, until: since + run.settings.callbackTimeoutMs } },
    }),
  };
}

/** The calls that a run still waits for. */
export function pendingCalls(journal: Journal): PendingToolCall[] {
  const { run } = journal.session?.state ?? {};
  if (!run?.waiting) return [];
  return waitingCalls(journal, run).map(({ id, name, args }) => ({
    tool_use_id: id,
    tool_name: name,
    args,
  }));
}

/**
 * The change that takes clients' answers. Other answers than the first to a call are refused.
 * @throws {AppError} `SESSION_NOT_RUNNING` when nothing waits, `INVALID_PARAMS` for another call's id
 */
export function answered(journal: Journal, answers: readonly ToolAnswer[]): Change {
  const { run } = journal.session?.state ?? {};
  if (!run?.waiting) {
    throw new AppError("SESSION_NOT_RUNNING", "No tool call of this session waits for an answer");
  }
  const calls = new Map(waitingCalls(journal, run).map((call) => [call.id, call]));
  const { since } = run.waiting;
  const events = answers.map(({ tool_use_id, content, is_error }) => {
    const call = calls.get(tool_use_id);
    calls.delete(tool_use_id);
    if (call) return completed(call, { content, isError: is_error }, Date.now() - since).event;
    const pending = [...calls.keys()];
    throw new AppError("INVALID_PARAMS", `No call '${tool_use_id}' waits for an answer`, {
      pending,
    });
  });
  return { events, state: () => ({ run: waitingFor(run, [...calls.keys()]) }) };
}

/** The change that gives up on clients that did not answer in time. */
export function expired(journal: Journal, run: RunState): Change {
  const { callbackTimeoutMs } = run.settings;
  const calls = waitingCalls(journal, run);
  return {
    events: calls.map((call) => timedOut(call, callbackTimeoutMs).event),
    state: () => ({ run: waitingFor(run, []) }),
  };
}

/** What a caller hears who cannot run tools itself (contract 2.8, 6.7). */
export function callbackPending(journal: Journal): AppError {
  const { identity, state } = journal.session ?? {};
  const pending = pendingCalls(journal);
  // An error crosses as it is: whoever wants large arguments whole asks for the pending calls.
  for (const call of pending) Object.assign(call, shownArguments(call.args));
  return new AppError("CALLBACK_PENDING", "The turn waits for a tool of the client's", {
    session_id: identity?.sessionId,
    session_ref: `${identity?.realmId}:${identity?.sessionId}`,
    run_id: state?.run?.runId,
    status: "pending_tool_call",
    resumable: true,
    tool_name: pending[0]?.tool_name,
    args: pending[0]?.args,
    pending_tool_calls: pending,
  });
}

function waitingCalls(journal: Journal, run: RunState): ToolCall[] {
  const { open, results } = storedResults(journal, run);
  const ids = new Set(run.waiting?.callIds);
  return open.filter(({ id }) => ids.has(id) && !results.has(id));
}

function waitingFor(run: RunState, callIds: string[]): RunState {
  const { waiting, ...rest } = run;
  return waiting && callIds.length > 0 ? { ...rest, waiting: { ...waiting, callIds } } : rest;
}
