import type { AgentEvent } from "../../sdk/contract/index.ts";
import type { ModelEnd, StoredMessage } from "../providers/provider.ts";
import { exhausted, warnings } from "./budget.ts";
import { conclude } from "./extraction.ts";
import { addStep, textOf } from "./model-answer.ts";
import { modelRequest } from "./model-request.ts";
import { outcomeOf } from "./outcome.ts";
import { meteredStep } from "./metered-step.ts";
import type { RunProgress } from "./state.ts";
import { callsOf, notRun, type ToolCall } from "./tool-calls.ts";
import type { Turn, TurnOutput } from "./turn.ts";

/**
 * One model call. Returns nothing when the run is over: it has told its end, or was aborted.
 * @throws {StepFailed}
 */
export async function* modelStep(
  turn: Turn,
  transcript: readonly StoredMessage[],
  before: RunProgress,
): AsyncGenerator<TurnOutput, AfterModel | undefined> {
  const { provider, settings, signal } = turn;
  const request = modelRequest(turn, transcript);
  const { cutOff } = turn;
  turn.cutOff = undefined;
  const step = meteredStep(turn, { provider, request, retry: settings.retry, signal, cutOff });
  for (;;) {
    const next = await step.next();
    if (next.done) {
      if (!next.value) return undefined;
      return yield* closeStep(turn, transcript, next.value, addStep(before, next.value));
    }
    if (next.value.type !== "boundary") yield next.value;
    else yield { ...next.value, type: "commit", messages: [], progress: before };
  }
}

/** A model call that asks for tools, and what is to be done for it. */
export interface AfterModel {
  message: StoredMessage;
  open: ToolCall[];
  progress: RunProgress;
}

async function* closeStep(
  turn: Turn,
  transcript: readonly StoredMessage[],
  end: ModelEnd,
  progress: RunProgress,
): AsyncGenerator<TurnOutput, AfterModel | undefined> {
  const text = textOf(end);
  const events: AgentEvent[] = text === "" ? [] : [{ type: "text_complete", content: text }];
  const { blocks, stop, native, usage } = end;
  const message: StoredMessage = {
    role: "block_assistant",
    blocks,
    stop_reason: stop,
    native,
    created_at: new Date().toISOString(),
  };

  const open = callsOf(blocks);
  const limit = exhausted(turn.settings, progress, open.length);
  if (open.length === 0 || limit) {
    if (limit?.event) events.push(limit.event);
    // The transcript must answer every call, even those that a limit keeps from running.
    const messages = open.length === 0 ? [message] : [message, notRun(open)];
    const outcome = outcomeOf(end, text, limit?.cause);
    const answer = { stop_reason: stop, usage };
    yield* conclude(turn, transcript, { events, messages, progress, outcome, answer });
    return undefined;
  }
  const spent = { tokens: usage.input_tokens + usage.output_tokens, calls: open.length };
  events.push(...warnings(turn.settings, progress, spent));
  for (const call of open) events.push({ type: "tool_call_requested", ...call });
  for (const { id, name } of open) events.push({ type: "tool_execution_started", id, name });
  yield { type: "commit", events, messages: [message], progress };
  return { message, open, progress };
}
