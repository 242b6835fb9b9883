import { extract } from "./extraction.ts";
import { onItsModel } from "./fallback.ts";
import { ModelContext } from "./model-context.ts";
import { nextStep } from "./next-step.ts";
import { knownResults, openCalls } from "./tool-calls.ts";
import { toolStep } from "./tool-step.ts";
import type { Turn, TurnOutput } from "./turn.ts";

/**
 * Runs one turn and tells it as outputs: model step, tool calls, results, next step, until the model
 * is done or a limit is reached. Stops without an `end` when the signal aborts it.
 */
export async function* runTurn(turn: Turn): AsyncGenerator<TurnOutput> {
  const context = new ModelContext(turn.transcript, turn.history);
  const { messages: transcript } = context;
  let { progress } = turn;

  // A crash came after the answer, before its JSON.
  if (progress.extraction) {
    yield* extract(onItsModel(turn, progress), transcript, progress);
    return;
  }
  // A crash may have left calls open: they are finished before the model is asked again.
  const left = openCalls(transcript);
  if (left.length > 0) {
    const known = knownResults(left, turn);
    const spent = yield* toolStep(turn, transcript, { open: left, known, progress });
    if (!spent) return;
    progress = spent;
  }
  while (!turn.signal.aborted) {
    transcript.push(...turn.arrivals.splice(0));
    const step = yield* nextStep(turn, context, progress);
    if (!step) return;
    transcript.push(step.message);
    const spent = yield* toolStep(turn, transcript, { ...step, known: new Map() });
    if (!spent) return;
    progress = spent;
  }
}
