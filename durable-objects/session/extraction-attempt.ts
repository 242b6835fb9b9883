import { addUsage, type AgentEvent, noUsage } from "../../sdk/contract/index.ts";
import type {
  ModelEnd,
  ModelRequest,
  ProviderError,
  StoredMessage,
} from "../providers/provider.ts";
import { checkAnswer } from "../providers/schema/answer.ts";
import type { OutputSchema } from "../providers/schema/output-schema.ts";
import { warnings } from "./budget.ts";
import { extractionRequest, schemaWarnings } from "./extraction-request.ts";
import { addStep, textOf } from "./model-answer.ts";
import type { Extraction } from "./outcome.ts";
import { silent } from "./silent-provider.ts";
import { meteredStep } from "./metered-step.ts";
import type { ExtractionProgress, RunProgress } from "./state.ts";
import { StepFailed } from "./step.ts";
import type { Turn, TurnOutput } from "./turn.ts";

const MAX_LAST_OUTPUT = 8 * 1024;

/** A turn whose answer is wanted as JSON. */
export type JsonTurn = Turn & { output: OutputSchema };

/** What one try to get JSON came to. */
interface Attempt {
  progress: RunProgress;
  events: AgentEvent[];
  /** Absent as long as another try may help. */
  extraction?: Extraction;
}

/** One model call. Nobody watches it: its words are not the answer. Nothing when it was aborted. */
export async function* attempt(
  turn: JsonTurn,
  transcript: readonly StoredMessage[],
  before: RunProgress,
  state: ExtractionProgress,
): AsyncGenerator<TurnOutput, Attempt | undefined> {
  const { settings, signal } = turn;
  const provider = silent(turn.provider);
  const request = extractionRequest(turn, transcript, state);
  const step = meteredStep(turn, { provider, request, retry: settings.retry, signal });
  try {
    for (;;) {
      const next = await step.next();
      if (next.done) {
        if (!next.value) return undefined;
        // Its size says nothing about the transcript's.
        const { lastCall } = before;
        return judged(turn, next.value, { ...addStep(before, next.value), lastCall }, state);
      }
      if (next.value.type !== "boundary") continue;
      yield { ...next.value, type: "commit", messages: [], progress: before };
    }
  } catch (cause) {
    if (!(cause instanceof StepFailed)) throw cause;
    const progress = { ...before, usage: addUsage(before.usage, cause.usage ?? noUsage) };
    return unanswered(turn, cause.cause, request, progress, state);
  }
}

/** The end of a search that found nothing. */
export function failed(turn: JsonTurn, state: ExtractionProgress, reason: string): Extraction {
  const { attempts, lastOutput, refusal } = state;
  return { ok: false, attempts, lastOutput, reason, warnings: schemaWarnings(turn, refusal) };
}

function judged(
  turn: JsonTurn,
  end: ModelEnd,
  progress: RunProgress,
  state: ExtractionProgress,
): Attempt {
  const text = textOf(end);
  const tokens = end.usage.input_tokens + end.usage.output_tokens;
  const events = warnings(turn.settings, progress, { tokens, calls: 0 });
  const checked = checkAnswer(turn.output.schema, text);
  if (checked.fits) {
    const told = schemaWarnings(turn, state.refusal);
    return { progress, events, extraction: { ok: true, value: checked.value, warnings: told } };
  }
  const isCut = end.stop === "max_tokens";
  const reason = isCut ? `The answer was cut off at max_tokens. ${checked.reason}` : checked.reason;
  const lastOutput = text.slice(0, MAX_LAST_OUTPUT);
  return { events, ...nextTry(turn, { ...state, lastOutput, reason }, progress) };
}

/** A vendor that refuses the schema is asked again in words. What else failed was tried often enough before. */
function unanswered(
  turn: JsonTurn,
  { kind, message }: ProviderError,
  { format }: ModelRequest,
  progress: RunProgress,
  state: ExtractionProgress,
): Attempt {
  if (kind === "invalid_request" && format && turn.output.compat === "lossy") {
    const extraction = { ...state, refusal: message };
    return { progress: { ...progress, extraction }, events: [] };
  }
  const attempts = state.attempts + 1;
  return { progress, events: [], extraction: failed(turn, { ...state, attempts }, message) };
}

function nextTry(
  turn: JsonTurn,
  state: ExtractionProgress,
  progress: RunProgress,
): Omit<Attempt, "events"> {
  const now = { ...state, attempts: state.attempts + 1 };
  const { retries = 0 } = turn.settings.extraction ?? {};
  return now.attempts > retries
    ? { progress, extraction: failed(turn, now, now.reason) }
    : { progress: { ...progress, extraction: now } };
}
