import { type ModelCall, noUsage, type Usage } from "../../sdk/contract/index.ts";
import type { Spent } from "../lib/budget-decision.ts";
import { costOf } from "./cost.ts";
import type { CallEnding } from "../telemetry/turn-spans.ts";
import type { RunModel } from "./state.ts";

/** A model call as it goes into the books; its number and its place follow when it is stored. */
export type MeteredCall = Omit<ModelCall, "number">;

export const nothingSpent: Spent = {
  tokens: 0,
  usd: 0,
  durationMs: 0,
  toolCalls: 0,
  modelCalls: 0,
};

/** What so many calls have used up. */
export function spentOn(calls: readonly MeteredCall[], before: Spent = nothingSpent): Spent {
  return calls.reduce(
    (sum, { usage, usd, latency_ms, tool_calls }) => ({
      tokens: sum.tokens + usage.input_tokens + usage.output_tokens,
      usd: sum.usd + (usd ?? 0),
      durationMs: sum.durationMs + latency_ms,
      toolCalls: sum.toolCalls + tool_calls,
      modelCalls: sum.modelCalls + 1,
    }),
    before,
  );
}

/** Counts the model calls of a run that is alive: those that are over but not stored, and the one under way. */
export class Meter {
  #over: MeteredCall[] = [];
  readonly #onEnd: (call: MeteredCall, ending: CallEnding) => void;
  #open: { model: RunModel; startedAt: number; usage: Usage; retries: number } | undefined;

  /** `onEnd` hears of each call that is over. */
  constructor(onEnd: (call: MeteredCall, ending: CallEnding) => void = () => {}) {
    this.#onEnd = onEnd;
  }

  /** A call begins; until it ends it has cost nothing that anybody knows of. */
  begin(model: RunModel): void {
    this.#open = { model, startedAt: Date.now(), usage: noUsage, retries: 0 };
  }

  /** What the vendor says that the call has used so far. */
  read(usage: Usage): void {
    if (this.#open) this.#open.usage = usage;
  }

  retried(): void {
    if (this.#open) this.#open.retries += 1;
  }

  /** The call is over, however; `toolCalls` is what the model asked for. */
  end(toolCalls = 0, ending: CallEnding = {}): void {
    if (!this.#open) return;
    const { model, startedAt, usage, retries } = this.#open;
    this.#open = undefined;
    const at = Date.now();
    const call: MeteredCall = {
      at,
      model: model.model,
      provider: model.provider,
      usage,
      usd: costOf({ ...model, price: model.own?.price }, usage) ?? null,
      latency_ms: at - startedAt,
      retries,
      tool_calls: toolCalls,
      ...(ending.error === undefined ? {} : { error: ending.error }),
    };
    this.#over.push(call);
    this.#onEnd(call, ending);
  }

  /** Calls that are over and not stored yet. */
  get unstored(): readonly MeteredCall[] {
    return this.#over;
  }

  /** They are stored: forgets them. */
  stored(): void {
    this.#over = [];
  }

  /** Ends the call that an abort cut off. @returns what it has used, which no progress counts */
  cut(): Usage {
    const { usage = noUsage } = this.#open ?? {};
    // A vendor that was never heard of has not been paid.
    if (usage === noUsage) this.#open = undefined;
    this.end(0, { error: "cancelled" });
    return usage;
  }
}
