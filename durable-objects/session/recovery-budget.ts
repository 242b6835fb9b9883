import type { Usage } from "../../sdk/contract/index.ts";
import { costOf } from "./cost.ts";
import { modelInUse } from "./fallback.ts";
import type { Journal } from "./journal.ts";
import { internalFailure, type Outcome } from "./outcome.ts";
import type { RunState } from "./state.ts";
import { CHARS_PER_TOKEN, estimateAll } from "./token-estimate.ts";

/** The run with what its lost model call has cost added to what crashes have cost before, as far as prices are known. */
export function charged(journal: Journal, run: RunState): RunState {
  const { provider, model, own } = modelInUse(run);
  const priced = { provider, model, price: own?.price };
  const lost = costOf(priced, lostUsage(journal, run)) ?? 0;
  return { ...run, recoveryUsd: (run.recoveryUsd ?? 0) + lost };
}

/** Why a run must not be taken up once more, if its crashes have used up what recovery may use. */
export function exhaustedRecovery({
  recoveries,
  recoveryUsd = 0,
  settings,
}: RunState): Outcome | undefined {
  const { maxAttempts, maxUsd } = settings.recovery;
  if (recoveries > maxAttempts) {
    const message = `The turn was lost in more than ${maxAttempts} crashes`;
    return { ...internalFailure, message };
  }
  if (recoveryUsd <= maxUsd) return undefined;
  return {
    ok: false,
    class: "budget",
    code: "BUDGET_EXHAUSTED",
    message: `Model calls that crashes of this turn have lost cost about $${recoveryUsd.toFixed(2)}, more than recovery.max_usd of $${maxUsd}`,
    cause: "recovery_budget_exceeded",
  };
}

/** An estimate: the vendor never said, for the call did not end. What was not stored yet is not in it. */
function lostUsage(journal: Journal, run: RunState): Usage {
  let told = 0;
  for (const { event } of journal.eventsAfter(run.stepSeq)) {
    if ("delta" in event) told += event.delta.length;
  }
  // What does not fit the model was condensed for it.
  const { contextWindow = Infinity } = modelInUse(run);
  return {
    input_tokens: Math.min(estimateAll(journal.transcript()), contextWindow),
    output_tokens: Math.ceil(told / CHARS_PER_TOKEN),
  };
}
