import { AppError, type RunResult } from "../../sdk/contract/index.ts";
import { providerFor } from "../providers/index.ts";
import { builtins } from "../tools/index.ts";
import { endOf, type RunPart } from "./ending.ts";
import { restarted, storedResults } from "./recovery.ts";
import type { Journal } from "./journal.ts";
import { type Outcome, cancelled, internalFailure, outOfTime, outcomeOfError } from "./outcome.ts";
import { runResult } from "./result.ts";
import type { RunState, SessionState } from "./state.ts";
import { runTurn, type TurnOutput } from "./turn.ts";

const MAX_RECOVERIES = 3;

interface Surroundings {
  env: object;
  /** Called whenever a run began, or ended: alarm and directory follow from it. */
  onChange: () => void;
}

/** The session's turns: one at a time, each with exactly one end (design I-7 to I-9). */
export class Runs {
  readonly #journal: Journal;
  readonly #around: Surroundings;
  /** The run that is alive in this object's memory; one that is only stored has crashed. */
  #alive: { runId: string; controller: AbortController } | undefined;
  readonly #waiting = new Map<string, PromiseWithResolvers<RunResult>>();

  constructor(journal: Journal, around: Surroundings) {
    this.#journal = journal;
    this.#around = around;
  }

  /** Sets a run that was just committed going. */
  begin(): void {
    const run = this.#state.run;
    if (!run) return;
    this.#around.onChange();
    void this.#drive(run);
  }

  /** Takes up a run that a crash left behind, or ends it (design I-6, I-9). Runs first on every wake. */
  recover(): void {
    const run = this.#journal.session?.state.run;
    if (!run || this.#alive) return;
    if (run.recoveries >= MAX_RECOVERIES) {
      this.#end({ ...internalFailure, message: "The turn was lost in several crashes" });
      return;
    }
    const attempt = run.recoveries + 1;
    const { hasOpenCalls } = storedResults(this.#journal, run);
    this.#journal.commit({
      // Finished calls stay finished: only a model step that was cut off is void.
      events: hasOpenCalls ? [] : [restarted(run, attempt, MAX_RECOVERIES)],
      state: ({ last }) => ({
        run: { ...run, recoveries: attempt, stepSeq: hasOpenCalls ? run.stepSeq : last },
      }),
    });
    this.begin();
  }

  /** Ends the running turn at once. @returns the place of its terminal event; nothing on an idle session. */
  interrupt(): number | undefined {
    if (!this.#state.run) return undefined;
    this.#end(cancelled);
    return this.#state.lastRun?.seq;
  }

  /** The run's result once it is over; fails as the run failed. @throws {AppError} */
  async result(runId: string): Promise<RunResult> {
    const { run, lastRun } = this.#state;
    if (run?.runId === runId) {
      const waiting = this.#waiting.get(runId) ?? Promise.withResolvers<RunResult>();
      this.#waiting.set(runId, waiting);
      return waiting.promise;
    }
    if (lastRun?.runId === runId) return runResult(this.#journal, lastRun);
    throw new AppError("SESSION_NOT_RUNNING", "No such run", { run_id: runId });
  }

  get #state(): SessionState {
    const state = this.#journal.session?.state;
    if (!state) throw new AppError("SESSION_NOT_FOUND", "Session not found");
    return state;
  }

  async #drive(run: RunState): Promise<void> {
    const controller = new AbortController();
    const { signal } = controller;
    this.#alive = { runId: run.runId, controller };
    const deadline = this.#deadline(run);
    try {
      const turn = {
        settings: run.settings,
        provider: providerFor(run.settings.provider, this.#around.env),
        tools: run.settings.builtins ? builtins : new Map(),
        cacheKey: this.#journal.session?.identity.sessionId ?? "",
        transcript: [...this.#journal.messagesFrom(0)],
        progress: run.progress,
        results: storedResults(this.#journal, run).results,
        signal,
      };
      for await (const output of runTurn(turn)) {
        if (signal.aborted) return;
        this.#apply(output);
      }
      if (!signal.aborted) throw new Error("the turn's loop ended without an outcome");
    } catch (cause) {
      if (!signal.aborted) this.#end(outcomeOfError(cause));
    } finally {
      clearTimeout(deadline);
    }
  }

  #apply(output: TurnOutput): void {
    if (output.type === "delta") this.#journal.delta(output.event);
    else if (output.type === "end") this.#end(output.outcome, output);
    else {
      const { run } = this.#state;
      if (!run) return;
      const { events, messages, progress, opensStep } = output;
      this.#journal.commit({
        events,
        messages,
        state: ({ last }) => ({
          run: { ...run, progress, stepSeq: opensStep ? last : run.stepSeq },
        }),
      });
    }
  }

  /** The one way out of a run, whatever happened (design I-8). */
  #end(outcome: Outcome, part?: RunPart): void {
    const { run } = this.#state;
    if (!run) return;
    try {
      this.#journal.commit(endOf(this.#journal, run, outcome, part));
    } catch (cause) {
      // Whatever was wrong with the content must not keep the run from ending.
      console.error(
        `run ${run.runId} could not end as ${outcome.ok ? "completed" : outcome.class}`,
        cause,
      );
      this.#journal.commit(endOf(this.#journal, run, internalFailure));
    }
    this.#alive?.controller.abort();
    this.#alive = undefined;
    this.#around.onChange();
    this.#settle(run.runId);
  }

  #settle(runId: string): void {
    const waiting = this.#waiting.get(runId);
    this.#waiting.delete(runId);
    const { lastRun } = this.#state;
    if (!waiting || !lastRun) return;
    try {
      waiting.resolve(runResult(this.#journal, lastRun));
    } catch (cause) {
      waiting.reject(cause);
    }
  }

  #deadline({ settings, startedAt }: RunState): ReturnType<typeof setTimeout> | undefined {
    const { durationMs } = settings.limits;
    if (durationMs === undefined) return undefined;
    return setTimeout(() => this.#end(outOfTime(durationMs)), startedAt + durationMs - Date.now());
  }
}
