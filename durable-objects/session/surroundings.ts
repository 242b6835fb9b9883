import type { Change } from "./journal.ts";
import type { MeteredCall } from "./meter.ts";
import type { Arrivals } from "./progress.ts";
import type { RunObserver } from "./run-observer.ts";
import type { RunState } from "./state.ts";
import type { Compaction } from "./summary.ts";
import type { Turn } from "./turn.ts";

/** What the session's runs need of the parts around them. */
export interface Surroundings {
  /**
   * Puts together what the loop needs, keys included. @throws {AppError} when it cannot be had any more,
   * `RealmUnreachable` when nobody can say
   */
  assemble(run: RunState): Promise<Omit<Turn, "signal" | "meter" | "warned">>;
  /** The change with model calls in it that are over. */
  entered(change: Change, calls: readonly MeteredCall[]): Change;
  /** Messages that wait for the next model call, and the statement that takes them off the list. */
  arrivals(): Arrivals;
  /** The change with a summary of the transcript's beginning in it. */
  compacted(change: Change, compaction: Compaction): Change;
  finished(runId: string): () => void;
  /** Stops the call of a run that is over: the vendor would go on with it, and charge for it. */
  abandon(run: RunState): void;
  isWaiting(runId: string): boolean;
  onChange(): void;
  /** Counts what happens, for those who operate the deployment. */
  observer: RunObserver;
}
