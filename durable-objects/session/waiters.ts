import type { RunResult } from "../../sdk/contract/index.ts";

interface Waiter {
  runId: string;
  /** Whether the caller cannot run tools and wants to hear at once that the run waits for one. */
  untilPending: boolean;
  answer: PromiseWithResolvers<RunResult>;
}

/** Callers that wait for a run's end. They live in memory: one that is lost asks again. */
export class Waiters {
  #waiting: Waiter[] = [];

  wait(runId: string, untilPending: boolean): Promise<RunResult> {
    const answer = Promise.withResolvers<RunResult>();
    this.#waiting.push({ runId, untilPending, answer });
    return answer.promise;
  }

  /** The run is over: everybody hears how. */
  settle(runId: string, outcome: () => RunResult): void {
    this.#answer((waiter) => waiter.runId === runId, outcome);
  }

  /** The run waits for a client's tool: those who cannot run one hear of it. */
  pending(runId: string, problem: Error): void {
    this.#answer(
      (waiter) => waiter.runId === runId && waiter.untilPending,
      () => {
        throw problem;
      },
    );
  }

  #answer(concerns: (waiter: Waiter) => boolean, outcome: () => RunResult): void {
    const waiting = this.#waiting.filter(concerns);
    this.#waiting = this.#waiting.filter((waiter) => !concerns(waiter));
    for (const { answer } of waiting) {
      try {
        answer.resolve(outcome());
      } catch (cause) {
        answer.reject(cause);
      }
    }
  }
}
