import { addUsage, AppError, type ToolAnswer } from "../../sdk/contract/index.ts";
import { answered, expired, parked } from "./client-calls.ts";
import { deadlineOf } from "./deadline.ts";
import { endOf, type RunPart } from "./ending.ts";
import type { Change, Journal } from "./journal.ts";
import { cancelled, internalFailure, type Outcome, outcomeOfError, outOfTime } from "./outcome.ts";
import { type Refusal, startedAgain, takenUp } from "./recovery.ts";
import { answeredMain, carriedOn, changesModel, reachable, step } from "./progress.ts";
import { Meter } from "./meter.ts";
import { RunResults } from "./run-results.ts";
import { RealmUnreachable } from "./run-access.ts";
import type { RunState, SessionState } from "./state.ts";
import { runTurn } from "./run-turn.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Turn, TurnOutput } from "./turn.ts";

/** The session's turns: one at a time, each with exactly one end (design I-7 to I-9). */
export class Runs {
  readonly #journal: Journal;
  readonly #around: Surroundings;
  readonly results: RunResults;
  /** The run that is alive in this object's memory; one that is only stored has crashed, or waits. */
  #alive: AbortController | undefined;
  /** Of the run that is alive. */
  #meter = new Meter();

  constructor(journal: Journal, around: Surroundings) {
    this.#journal = journal;
    this.#around = around;
    this.results = new RunResults(journal, (runId) => around.isWaiting(runId));
  }

  /** Sets a run that was just committed going. */
  begin(): void {
    const { run } = this.#state;
    if (!run) return;
    this.#alive = new AbortController();
    this.#around.onChange();
    void this.#drive(run, this.#alive.signal);
  }

  /** Takes up a run that a crash left behind, or ends it (design I-6, I-9). Runs first on every wake. */
  recover(): void {
    const run = this.#journal.session?.state.run;
    if (!run || this.#alive) return;
    const { durationMs = Infinity } = run.settings.limits;
    if (Date.now() >= run.startedAt + durationMs) this.#end(outOfTime(durationMs));
    else if (!run.waiting) {
      if (this.#goOn(takenUp(this.#journal, run))) this.begin();
    } else if (Date.now() >= run.waiting.until) {
      this.#commit(expired(this.#journal, run));
      this.begin();
    }
  }

  /**
   * Takes clients' tool results; the run goes on when none is missing. `also` is part of the transaction.
   * @returns the run, and where in the log the results start. @throws {AppError}
   */
  answer(
    answers: readonly ToolAnswer[],
    also: (taken: { runId: string; firstSeq: number }) => void,
  ): { runId: string; firstSeq: number } {
    const change = answered(this.#journal, answers);
    const taken = { runId: this.#state.run?.runId ?? "", firstSeq: this.#journal.seq + 1 };
    this.#commit({ ...change, also: () => also(taken) });
    if (!this.#state.run?.waiting) this.begin();
    return taken;
  }

  /** Ends the running turn at once. @returns the place of its terminal event; nothing on an idle session. */
  interrupt(): number | undefined {
    if (!this.#state.run) return undefined;
    this.#end(cancelled);
    return this.#state.lastRun?.seq;
  }

  get #state(): SessionState {
    const state = this.#journal.session?.state;
    if (!state) throw new AppError("SESSION_NOT_FOUND", "Session not found");
    return state;
  }

  /** Commits what recovery wants, or ends the run if it may not have it. @returns whether the run goes on */
  #goOn(recovery: Change | Refusal): boolean {
    if ("refused" in recovery) this.#end(recovery.refused);
    else this.#journal.commit(recovery);
    return !("refused" in recovery);
  }

  async #drive(run: RunState, signal: AbortSignal): Promise<void> {
    using _deadline = deadlineOf(run, (limitMs) => this.#end(outOfTime(limitMs)));
    try {
      const { observer } = this.#around;
      const meter = new Meter((call, ending) => observer.called(run, call, ending));
      this.#meter = meter;
      const needs = await this.#around.assemble(run);
      if (signal.aborted) return;
      const turn = { ...needs, signal, meter, warned: new Set<string>() };
      for await (const output of runTurn(turn)) {
        if (signal.aborted) return;
        this.#apply(output, turn);
      }
      if (!signal.aborted) throw new Error("the turn's loop ended without an outcome");
    } catch (cause) {
      if (signal.aborted) return;
      // The alarm takes the run up again, as after a crash.
      if (cause instanceof RealmUnreachable) this.#letGo();
      else this.#end(outcomeOfError(cause));
    }
  }

  #apply(output: TurnOutput, turn: Turn): void {
    const { run } = this.#state;
    if (!run) return;
    switch (output.type) {
      case "delta":
        this.#around.observer.token(run);
        this.#journal.delta(output.event);
        break;
      case "upstream":
        this.#journal.commit(reachable(run, output.handle));
        break;
      case "restarted":
        this.#goOn(startedAgain(this.#journal, run, output.reason));
        break;
      case "commit": {
        const arrived = output.opensStep ? this.#around.arrivals() : undefined;
        const { compaction } = output;
        const change = step(run, output, arrived);
        this.#commit(compaction ? this.#around.compacted(change, compaction) : change);
        if (changesModel(run, output)) this.#around.abandon(run);
        turn.arrivals.push(...(arrived?.messages ?? []));
        break;
      }
      case "answer":
        if (this.#state.isSteered) this.#carryOn(run, output);
        else this.#commit(answeredMain(run, output));
        break;
      case "park":
        this.#journal.commit(parked(run, output.calls));
        this.#letGo();
        this.results.pending(run.runId);
        this.#around.observer.parked();
        break;
      case "end":
        if (output.outcome.ok && this.#state.isSteered) this.#carryOn(run, output);
        else this.#end(output.outcome, output);
        break;
    }
  }

  /** A prompt joined while the model gave its last answer: the run goes on with it instead of ending. */
  #carryOn(run: RunState, part: RunPart): void {
    this.#commit(carriedOn(run, part, this.#around.arrivals()));
    this.#alive?.abort();
    this.begin();
  }

  /** The one way out of a run, whatever happened (design I-8). */
  #end(outcome: Outcome, part?: RunPart): void {
    const { run } = this.#state;
    if (!run) return;
    // What an interrupt cuts off has been paid for all the same.
    const cut = this.#meter.cut();
    const { progress } = run;
    const charged = { ...run, progress: { ...progress, usage: addUsage(progress.usage, cut) } };
    const also = run.queuedAt === undefined ? undefined : this.#around.finished(run.runId);
    let ended = outcome;
    try {
      this.#commit({ ...endOf(this.#journal, charged, outcome, part), also });
    } catch (cause) {
      // Whatever was wrong with the content must not keep the run from ending.
      console.error(`run ${run.runId} could not end as it should`, cause);
      ended = internalFailure;
      this.#commit({ ...endOf(this.#journal, charged, ended), also });
    }
    this.#around.observer.ended(run, ended, ended === outcome && part ? part : charged);
    const isStepOver = part !== undefined && part.progress.turns > run.progress.turns;
    if (run.upstream && !isStepOver) this.#around.abandon(run);
    this.#letGo();
    this.results.settle(run.runId);
  }

  /** Stores a change, and with it the model calls that are over. */
  #commit(change: Change): void {
    const { run } = this.#state;
    const whole = this.#around.entered(change, this.#meter.unstored);
    this.#journal.commit(run ? this.#around.observer.noted(run, whole) : whole);
    this.#meter.stored();
  }

  #letGo(): void {
    this.#alive?.abort();
    this.#alive = undefined;
    this.#around.onChange();
  }
}
