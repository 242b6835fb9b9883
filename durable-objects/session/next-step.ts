import { addUsage, noUsage } from "../../sdk/contract/index.ts";
import { budgetEnd } from "./budget-end.ts";
import { compact } from "./compaction.ts";
import { pressureOf } from "./compaction-policy.ts";
import { nextModel, onItsModel, triedModels } from "./fallback.ts";
import { BudgetReached } from "./metered-step.ts";
import type { ModelContext } from "./model-context.ts";
import { type AfterModel, modelStep } from "./model-step.ts";
import { providerFailure } from "./outcome.ts";
import type { RunProgress } from "./state.ts";
import { StepFailed } from "./step.ts";
import type { Turn, TurnOutput } from "./turn.ts";

/**
 * The next model call, with room made for it: a transcript that has grown too long is condensed first, and
 * once more if the vendor still finds it too long. Returns nothing when the run is over.
 */
export async function* nextStep(
  turn: Turn,
  context: ModelContext,
  before: RunProgress,
): AsyncGenerator<TurnOutput, AfterModel | undefined> {
  let progress = before;
  const active = onItsModel(turn, before);
  // A call that is to be joined again knows its transcript already.
  const pressure = active.cutOff ? undefined : pressureOf(active.settings, context, progress);
  if (pressure) {
    ({ progress } = yield* compact(active, context, progress, pressure));
    if (turn.signal.aborted) return undefined;
    context.messages.push(...turn.arrivals.splice(0));
  }
  try {
    return yield* modelStep(active, context.messages, progress);
  } catch (cause) {
    if (!(cause instanceof StepFailed)) throw cause;
    const spent = spentOn(cause, progress);
    // What was shown is never said twice.
    if (cause.cause.kind === "context_too_long" && !cause.hasShown) {
      return yield* rescue(turn, context, spent, cause);
    }
    return yield* elsewhere(turn, context, spent, cause);
  }
}

/** Goes on with the next model of the chain, or ends the run where there is none. */
async function* elsewhere(
  turn: Turn,
  context: ModelContext,
  progress: RunProgress,
  failure: StepFailed,
): AsyncGenerator<TurnOutput, AfterModel | undefined> {
  if (failure instanceof BudgetReached) {
    yield budgetEnd(context, progress, failure);
    return undefined;
  }
  const other = nextModel(turn, progress, failure);
  if (other) {
    yield { type: "commit", events: [other.event], messages: [], progress: other.progress };
    return yield* nextStep(turn, context, other.progress);
  }
  const outcome = providerFailure(failure.cause, triedModels(turn, progress, failure));
  yield { type: "end", events: [], messages: [], progress, outcome };
  return undefined;
}

/** Tries a call that was too long for the model once more, with half as much in it. */
async function* rescue(
  turn: Turn,
  context: ModelContext,
  before: RunProgress,
  refusal: StepFailed,
): AsyncGenerator<TurnOutput, AfterModel | undefined> {
  const active = onItsModel(turn, before);
  const { contextWindow = Infinity } = active.settings;
  const room = Math.min(context.tokens(before), contextWindow) / 2;
  const { progress, isDone } = yield* compact(active, context, before, { room });
  if (turn.signal.aborted) return undefined;
  if (!isDone) return yield* elsewhere(turn, context, progress, refusal);
  context.messages.push(...turn.arrivals.splice(0));
  try {
    return yield* modelStep(active, context.messages, progress);
  } catch (cause) {
    if (!(cause instanceof StepFailed)) throw cause;
    return yield* elsewhere(turn, context, spentOn(cause, progress), cause);
  }
}

function spentOn({ usage }: StepFailed, before: RunProgress): RunProgress {
  return { ...before, usage: addUsage(before.usage, usage ?? noUsage) };
}
