import { addUsage, type AgentEvent } from "../../sdk/contract/index.ts";
import { warnings } from "./budget.ts";
import { cutOf, type Pressure } from "./compaction-policy.ts";
import type { ModelContext } from "./model-context.ts";
import type { RunProgress } from "./state.ts";
import type { Summary } from "./summary.ts";
import { type SummaryAnswer, summarise } from "./summary-call.ts";
import { notesOf, openRequest } from "./summary-keepsakes.ts";
import { CHARS_PER_TOKEN, estimateAll } from "./token-estimate.ts";
import type { Turn, TurnOutput } from "./turn.ts";

/**
 * Puts a summary, made by one more model call, in the place of the context's oldest messages, and tells
 * it as outputs. Without anything to condense nothing is told; a call that fails leaves all as it was.
 * Look at the signal afterwards: an abort ends it early.
 */
export async function* compact(
  turn: Turn,
  context: ModelContext,
  before: RunProgress,
  pressure: Pressure,
): AsyncGenerator<TurnOutput, { progress: RunProgress; isDone: boolean }> {
  const { recentTurns, maxSummaryTokens } = turn.settings.compaction;
  const { tail, summary: earlier } = context;
  const count = cutOf(tail, recentTurns, pressure);
  if (count === undefined) return { progress: before, isDone: false };

  yield { type: "commit", events: [started(context, before)], messages: [], progress: before };
  const { notes, rest } = notesOf(tail.slice(0, count), earlier, maxSummaryTokens);
  const answer = yield* summarise(turn, { messages: rest, earlier }, before);
  const progress = { ...before, usage: addUsage(before.usage, answer.usage) };
  if (turn.signal.aborted) return { progress, isDone: false };
  if (answer.text === "") {
    context.couldNotCompact = true;
    yield { type: "commit", events: [failed(answer)], messages: [], progress };
    return { progress, isDone: false };
  }
  const request = openRequest(tail, count, earlier);
  const { text } = answer;
  const summary = {
    text,
    notes,
    ...(request && { request }),
    created_at: new Date().toISOString(),
  };
  return {
    progress: yield* replaced(turn, context, { count, summary, answer, progress }),
    isDone: true,
  };
}

function* replaced(
  { settings }: Turn,
  context: ModelContext,
  { count, summary, answer, progress }: Replacement,
): Generator<TurnOutput, RunProgress> {
  const { usage } = answer;
  const messages_before = context.messages.length;
  const compaction = context.replace(count, summary);
  const completed: AgentEvent = {
    type: "compaction_completed",
    summary_tokens: usage.output_tokens || Math.ceil(summary.text.length / CHARS_PER_TOKEN),
    messages_before,
    messages_after: context.messages.length,
  };
  const spent = { tokens: usage.input_tokens + usage.output_tokens, calls: 0 };
  const events = [completed, ...warnings(settings, progress, spent)];
  // What the vendor counted last counted the messages that are gone.
  const { lastCall: _outdated, ...uncounted } = progress;
  // The model step starts behind this: a crash in it voids nothing of the compaction.
  yield { type: "commit", opensStep: true, compaction, events, messages: [], progress: uncounted };
  return uncounted;
}

interface Replacement {
  count: number;
  summary: Summary;
  answer: SummaryAnswer;
  progress: RunProgress;
}

function started({ messages }: ModelContext, { lastCall }: RunProgress): AgentEvent {
  return {
    type: "compaction_started",
    input_tokens: lastCall?.input ?? 0,
    estimated_history_tokens: estimateAll(messages),
    message_count: messages.length,
  };
}

function failed({ error = "The model gave no summary", kind = "empty_summary" }: SummaryAnswer) {
  return { type: "compaction_failed", error, reason: { kind } } satisfies AgentEvent;
}
