import type { AgentEvent, Initiator } from "../../sdk/contract/index.ts";
import { Telemetry, type TelemetryEnv } from "../telemetry/telemetry.ts";
import { traceOf } from "../telemetry/trace.ts";
import { nothingHappened, type RunTally, type TurnRecord } from "../telemetry/turn-record.ts";
import {
  type CallEnding,
  callSpan,
  type ToolExecution,
  toolSpan,
} from "../telemetry/turn-spans.ts";
import type { RunPart } from "./ending.ts";
import { modelInUse } from "./fallback.ts";
import type { Change, Journal } from "./journal.ts";
import type { MeteredCall } from "./meter.ts";
import type { Outcome } from "./outcome.ts";
import type { RunState } from "./state.ts";

/**
 * Watches runs for logs, metrics and traces. What it counts is stored with the run's own commits, so that
 * whoever ends a run after a crash knows what came before; it adds no row and waits for nothing.
 */
export class RunObserver {
  readonly #journal: Journal;
  readonly #telemetry: Telemetry;
  /** The run that `#tally` is of. */
  #runId: string | undefined;
  #tally: RunTally = nothingHappened;
  /** Unix milliseconds of the present model call's first token. */
  #callTokenAt: number | undefined;

  constructor(journal: Journal, env: TelemetryEnv, ctx: Pick<DurableObjectState, "waitUntil">) {
    this.#journal = journal;
    this.#telemetry = new Telemetry(env, ctx);
  }

  /** A token was told. */
  token(run: RunState): void {
    const tally = this.#of(run);
    if (this.#callTokenAt !== undefined) return;
    this.#callTokenAt = Date.now();
    if (tally.firstTokenAt === undefined)
      this.#tally = { ...tally, firstTokenAt: this.#callTokenAt };
  }

  /** A model call is over, however. */
  called(run: RunState, call: MeteredCall, ending: CallEnding): void {
    const tally = this.#of(run);
    this.#tally = {
      ...tally,
      retries: tally.retries + call.retries,
      usd: tally.usd + (call.usd ?? 0),
      unpricedCalls: tally.unpricedCalls + Number(call.usd === null),
    };
    const firstTokenAt = this.#callTokenAt;
    this.#callTokenAt = undefined;
    const trace = this.#traceOf(run);
    if (trace) {
      this.#telemetry.span(callSpan(trace, this.#sessionId, call, { ...ending, firstTokenAt }));
    }
  }

  /** The change with what was counted in it. */
  noted(run: RunState, change: Change): Change {
    for (const event of change.events ?? []) this.#note(run, event);
    const tally = this.#of(run);
    return {
      ...change,
      state: (place) => {
        const patch = change.state?.(place) ?? {};
        return patch.run ? { ...patch, run: { ...patch.run, tally } } : patch;
      },
    };
  }

  /** The run waits for a client, perhaps for long. */
  parked(): void {
    this.#telemetry.flush();
  }

  /** The run is over: told once, by whoever ended it. */
  ended(run: RunState, outcome: Outcome, { progress }: Pick<RunPart, "progress">): void {
    const { provider, model } = modelInUse({ settings: run.settings, progress });
    const { startedAt, queuedAt = startedAt, recoveries } = run;
    const tally = this.#of(run);
    this.#runId = undefined;
    this.#tell({
      ...this.#ids(run),
      ...endingOf(outcome),
      provider,
      model,
      startedAt,
      endedAt: Date.now(),
      queueMs: startedAt - queuedAt,
      firstTokenMs: tally.firstTokenAt && tally.firstTokenAt - startedAt,
      steps: progress.turns,
      toolCalls: progress.toolCalls,
      tally,
      recoveries,
      usage: progress.usage,
    });
  }

  /** A turn ended that never began: it waited, and was taken back or could not be had. */
  refused(turn: WaitingTurn, outcome: Outcome): void {
    const now = Date.now();
    const { model = "", provider = "demo" } = this.#journal.session?.state.identity ?? {};
    this.#tell({
      ...this.#ids(turn),
      ...endingOf(outcome),
      provider,
      model,
      startedAt: now,
      endedAt: now,
      queueMs: now - turn.createdAt,
      steps: 0,
      toolCalls: 0,
      tally: nothingHappened,
      recoveries: 0,
      usage: { input_tokens: 0, output_tokens: 0 },
    });
  }

  #tell(record: TurnRecord): void {
    this.#telemetry.turnEnded(record, traceOf(record).isSampled);
  }

  #note(run: RunState, event: AgentEvent): void {
    const tally = this.#of(run);
    if (event.type === "compaction_completed") {
      this.#tally = { ...tally, compactions: tally.compactions + 1 };
    }
    if (event.type === "model_fallback") {
      this.#tally = { ...tally, fallbacks: tally.fallbacks + 1 };
    }
    const tool = toolIn(event);
    const trace = tool && this.#traceOf(run);
    if (trace) this.#telemetry.span(toolSpan(trace, this.#sessionId, tool, Date.now()));
  }

  #of({ runId, tally = nothingHappened }: RunState): RunTally {
    if (this.#runId !== runId) {
      this.#runId = runId;
      this.#tally = tally;
      this.#callTokenAt = undefined;
    }
    return this.#tally;
  }

  #traceOf(run: RunState) {
    if (!this.#telemetry.isTracing) return undefined;
    const trace = traceOf(run);
    return trace.isSampled ? trace : undefined;
  }

  #ids({ runId, initiator }: { runId: string; initiator?: Initiator | undefined }) {
    const { realmId = "", sessionId = "" } = this.#journal.session?.identity ?? {};
    return { realmId, sessionId, runId, initiator };
  }

  get #sessionId(): string {
    return this.#journal.session?.identity.sessionId ?? "";
  }
}

/** A turn in the queue, as far as it matters here. */
export interface WaitingTurn {
  runId: string;
  /** Unix milliseconds. */
  createdAt: number;
  initiator: Initiator | undefined;
}

function endingOf(outcome: Outcome): Pick<TurnRecord, "outcome" | "error" | "cause"> {
  const { cause } = outcome;
  if (outcome.ok) return { outcome: "completed", cause };
  const { code, class: errorClass } = outcome;
  const error = { code, class: errorClass };
  return { outcome: errorClass === "cancelled" ? "cancelled" : "failed", error, cause };
}

function toolIn(event: AgentEvent): ToolExecution | undefined {
  switch (event.type) {
    case "tool_execution_completed": {
      const { id, name, duration_ms, is_error } = event;
      return { id, name, durationMs: duration_ms, error: is_error ? "tool_error" : undefined };
    }
    case "tool_execution_timed_out": {
      const { id, name, timeout_ms } = event;
      return { id, name, durationMs: timeout_ms, error: "timeout" };
    }
    default:
      return undefined;
  }
}
