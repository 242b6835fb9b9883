import type { AgentEvent } from "../../sdk/contract/index.ts";
import type { Used } from "../lib/budget-decision.ts";
import { type ModelEnd, type ModelRequest, ProviderError } from "../providers/provider.ts";
import { wantedCall } from "./spending.ts";
import { wait } from "./retry.ts";
import { runStep, type Step, StepFailed, type StepOutput } from "./step.ts";
import { callsOf } from "./tool-calls.ts";
import type { Turn } from "./turn.ts";

// What is left of a budget is set aside for others: they are asked for it anew after this long.
const PATIENCE_MS = 250;
const LONGEST_PATIENCE_MS = 2_000;

/** A model call that a budget forbids. To whoever makes one it is a call that failed for good. */
export class BudgetReached extends StepFailed {
  readonly used: Used;

  constructor(used: Used) {
    super(new ProviderError("invalid_request", reasonOf(used)), {
      usage: undefined,
      hasShown: false,
    });
    this.used = used;
  }
}

/**
 * Asks the model once, as `runStep` does, within every budget, and enters the call in the books.
 * Returns nothing when the signal aborted it. @throws {StepFailed}, a `BudgetReached` among them
 */
export async function* meteredStep(
  turn: Turn,
  step: Omit<Step, "onUsage">,
): AsyncGenerator<StepOutput, ModelEnd | undefined> {
  const { meter, settings } = turn;
  const maxTokens = yield* allowance(turn, step.request);
  if (maxTokens === undefined) return undefined;
  meter.begin(settings);
  const request = { ...step.request, maxTokens };
  const output = runStep({ ...step, request, onUsage: (usage) => meter.read(usage) });
  try {
    for (;;) {
      const next = await output.next();
      if (next.done) {
        if (!next.value) return undefined;
        const { usage, blocks, stop } = next.value;
        meter.read(usage);
        meter.end(callsOf(blocks).length, { stop });
        return next.value;
      }
      if (isRetry(next.value)) meter.retried();
      yield next.value;
    }
  } catch (cause) {
    if (cause instanceof StepFailed) meter.end(0, { error: cause.cause.kind });
    throw cause;
  }
}

/** How long the answer may be, once every budget has room for it; warns of those that come to their end. */
async function* allowance(
  turn: Turn,
  request: ModelRequest,
): AsyncGenerator<StepOutput, number | undefined> {
  const { settings, signal, spending } = turn;
  const call = wantedCall(settings, request);
  if (!call) return request.maxTokens;
  for (let patience = PATIENCE_MS; !signal.aborted; patience = longer(patience)) {
    const verdict = await spending.reserve(settings, call, turn.meter);
    switch (verdict.type) {
      case "granted": {
        const events = verdict.used.flatMap((used) => warningOf(turn, used));
        if (events.length > 0) yield { type: "boundary", events };
        return verdict.maxOutputTokens;
      }
      case "refused":
        throw new BudgetReached(verdict);
      case "unpriced":
        throw new BudgetReached({ scope: verdict.scope, budget: "dollars", used: 0, limit: 0 });
      case "wait":
        await wait(patience, signal);
    }
  }
  return undefined;
}

/** Tells once a run that a budget has come over its threshold. */
function warningOf({ settings, warned }: Turn, { scope, budget, used, limit }: Used): AgentEvent[] {
  const name = `${scope} ${budget}`;
  if (warned.has(name) || used < limit * settings.warnAt) return [];
  warned.add(name);
  return [
    { type: "budget_warning", budget_type: budget, scope, used, limit, percent: used / limit },
  ];
}

function reasonOf({ scope, budget, used, limit }: Used): string {
  if (limit === 0 && budget === "dollars") {
    return `The ${scope} has a budget in dollars, and the model's price is unknown: set models.<id>.price in the config, or use a model of the catalog`;
  }
  const amount = (value: number) => (budget === "dollars" ? `$${value.toFixed(4)}` : String(value));
  return `The ${scope}'s budget of ${budget.replace("_", " ")} is used up: ${amount(used)} of ${amount(limit)}`;
}

function isRetry(output: StepOutput): boolean {
  return output.type === "boundary" && output.events.some(({ type }) => type === "retrying");
}

function longer(patience: number): number {
  return Math.min(patience * 2, LONGEST_PATIENCE_MS);
}
