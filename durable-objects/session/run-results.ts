import { AppError, type RunResult } from "../../sdk/contract/index.ts";
import { callbackPending } from "./client-calls.ts";
import type { Journal } from "./journal.ts";
import type { Outcome } from "./outcome.ts";
import { finishedRun, runResult } from "./result.ts";
import { Waiters } from "./waiters.ts";

/** How runs ended, for callers who ask: now, or once it is so. */
export class RunResults {
  readonly #journal: Journal;
  readonly #isWaiting: (runId: string) => boolean;
  readonly #waiters = new Waiters();

  /** `isWaiting` knows the runs that have not begun. */
  constructor(journal: Journal, isWaiting: (runId: string) => boolean) {
    this.#journal = journal;
    this.#isWaiting = isWaiting;
  }

  /**
   * The run's result once it is over; fails as the run failed. `firstSeq` finds runs that others followed.
   * @throws {AppError} with `untilPending`, `CALLBACK_PENDING` as soon as the run waits for a client.
   */
  async of(runId: string, firstSeq: number, untilPending: boolean): Promise<RunResult> {
    const found = this.#journal.session;
    if (!found) throw new AppError("SESSION_NOT_FOUND", "Session not found");
    const { run } = found.state;
    if (run?.runId === runId) {
      if (untilPending && run.waiting) throw callbackPending(this.#journal);
      return this.#waiters.wait(runId, untilPending);
    }
    if (this.#isWaiting(runId)) return this.#waiters.wait(runId, untilPending);
    const finished = finishedRun(this.#journal, runId, firstSeq);
    if (finished) return runResult(this.#journal, finished);
    throw new AppError("SESSION_NOT_RUNNING", "No such run", { run_id: runId });
  }

  /** Tells those who wait for a run that never began why it never will. */
  refuse(runId: string, outcome: Outcome): void {
    this.#waiters.settle(runId, () => {
      if (outcome.ok) throw new Error("a run that never began cannot have succeeded");
      throw new AppError(outcome.code, outcome.message, { run_id: runId });
    });
  }

  /** The run waits for a client's tool: those who cannot run one hear of it. */
  pending(runId: string): void {
    this.#waiters.pending(runId, callbackPending(this.#journal));
  }

  /** The run is over. */
  settle(runId: string): void {
    const { lastRun } = this.#journal.session?.state ?? {};
    if (lastRun) this.#waiters.settle(runId, () => runResult(this.#journal, lastRun));
  }
}
