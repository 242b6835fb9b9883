import type { AgentEvent } from "../../sdk/contract/index.ts";
import type { StoredMessage } from "../providers/provider.ts";
import { checkAnswer } from "../providers/schema/answer.ts";
import { exhausted } from "./budget.ts";
import { attempt, failed, type JsonTurn } from "./extraction-attempt.ts";
import { textOf } from "./model-answer.ts";
import type { Outcome } from "./outcome.ts";
import type { ExtractionProgress, RunProgress } from "./state.ts";
import type { Turn, TurnOutput, TurnPart } from "./turn.ts";

interface Answered extends TurnPart {
  outcome: Outcome;
  /** What `turn_completed` says of the model call that gave the answer. */
  answer: ExtractionProgress["answer"];
}

/**
 * Ends a run at its answer. If that is also wanted as JSON and is not the JSON itself, the answer is
 * stored first and then asked for once more: nothing that happens to the JSON takes the answer away.
 */
export async function* conclude(
  turn: Turn,
  transcript: readonly StoredMessage[],
  { answer, outcome, ...part }: Answered,
): AsyncGenerator<TurnOutput> {
  const completed: AgentEvent = { type: "turn_completed", ...answer };
  const done = { ...part, events: [...part.events, completed] };
  if (!wantsJson(turn) || !outcome.ok) {
    yield { type: "end", ...done, outcome };
    return;
  }
  const first = { answer, attempts: 0, lastOutput: "", reason: "" };
  const checked = checkAnswer(turn.output.schema, outcome.text);
  if (checked.fits) {
    const extraction = { ok: true as const, value: checked.value, warnings: [] };
    yield { type: "end", ...done, outcome: { ...outcome, extraction } };
  } else if (outcome.cause !== undefined) {
    const extraction = failed(turn, first, "The run had reached its limit before");
    yield { type: "end", ...done, outcome: { ...outcome, extraction } };
  } else {
    const progress = { ...part.progress, extraction: first };
    yield { ...part, type: "answer", progress };
    yield* extract(turn, [...transcript, ...part.messages], progress);
  }
}

/** Asks for the answer, the transcript's last message, as JSON, until some fits or nobody should ask again. */
export async function* extract(
  turn: Turn,
  transcript: readonly StoredMessage[],
  before: RunProgress,
): AsyncGenerator<TurnOutput> {
  if (!wantsJson(turn)) throw new Error("an extraction without a schema");
  const newest = transcript.at(-1);
  const text = newest?.role === "block_assistant" ? textOf(newest) : "";
  let progress = before;
  while (progress.extraction && !turn.signal.aborted) {
    const state = progress.extraction;
    const limit = limitOf(turn, progress);
    const tried = limit ? undefined : yield* attempt(turn, transcript, progress, state);
    if (!limit && !tried) return;
    const end = limit ? failed(turn, state, limit.reason) : tried?.extraction;
    const { extraction: now = state, ...used } = tried?.progress ?? progress;
    if (end) {
      const told = limit?.event ? [limit.event] : (tried?.events ?? []);
      const events = [...told, { type: "turn_completed" as const, ...state.answer }];
      const cause = end.ok ? undefined : (limit?.cause ?? "structured_output_validation_failed");
      const outcome = { ok: true as const, text, cause, extraction: end };
      yield { type: "end", events, messages: [], progress: used, outcome };
      return;
    }
    progress = { ...used, extraction: now };
    yield { type: "commit", events: tried?.events ?? [], messages: [], progress };
  }
}

/** Asking for JSON is a model call: tokens and calls are counted like any other's. */
function limitOf({ settings }: JsonTurn, progress: RunProgress) {
  const { toolCalls: _none, ...limits } = settings.limits;
  const limit = exhausted({ ...settings, limits }, progress, 1);
  return limit && { ...limit, reason: "The run reached its limit before an answer fitted" };
}

function wantsJson(turn: Turn): turn is JsonTurn {
  return turn.output !== undefined;
}
