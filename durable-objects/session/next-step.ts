import { addUsage, noUsage } from "../../sdk/contract/index.ts";
import { compact } from "./compaction.ts";
import { pressureOf } from "./compaction-policy.ts";
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
  // A call that is to be joined again knows its transcript already.
  const pressure = turn.cutOff ? undefined : pressureOf(turn.settings, context, progress);
  if (pressure) {
    ({ progress } = yield* compact(turn, context, progress, pressure));
    if (turn.signal.aborted) return undefined;
    context.messages.push(...turn.arrivals.splice(0));
  }
  let isShown = false;
  const step = modelStep(turn, context.messages, progress);
  try {
    for (;;) {
      const next = await step.next();
      if (next.done) return next.value;
      isShown ||= next.value.type === "delta";
      yield next.value;
    }
  } catch (cause) {
    if (!(cause instanceof StepFailed)) throw cause;
    const spent = spentOn(cause, progress);
    // What was shown is never said twice.
    if (cause.cause.kind === "context_too_long" && !isShown) {
      return yield* rescue(turn, context, spent, cause);
    }
    yield failed(cause, spent);
    return undefined;
  }
}

/** Tries a call that was too long for the model once more, with half as much in it. */
async function* rescue(
  turn: Turn,
  context: ModelContext,
  before: RunProgress,
  refusal: StepFailed,
): AsyncGenerator<TurnOutput, AfterModel | undefined> {
  const { contextWindow = Infinity } = turn.settings;
  const room = Math.min(context.tokens(before), contextWindow) / 2;
  const { progress, isDone } = yield* compact(turn, context, before, { room });
  if (turn.signal.aborted) return undefined;
  if (!isDone) {
    yield failed(refusal, progress);
    return undefined;
  }
  context.messages.push(...turn.arrivals.splice(0));
  try {
    return yield* modelStep(turn, context.messages, progress);
  } catch (cause) {
    if (!(cause instanceof StepFailed)) throw cause;
    yield failed(cause, spentOn(cause, progress));
    return undefined;
  }
}

function failed({ cause }: StepFailed, progress: RunProgress): TurnOutput {
  return { type: "end", events: [], messages: [], progress, outcome: providerFailure(cause) };
}

function spentOn({ usage }: StepFailed, before: RunProgress): RunProgress {
  return { ...before, usage: addUsage(before.usage, usage ?? noUsage) };
}
