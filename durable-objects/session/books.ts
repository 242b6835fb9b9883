import type { ModelCall } from "../../sdk/contract/index.ts";
import type { Change, Journal } from "./journal.ts";
import { type MeteredCall, spentOn } from "./meter.ts";
import type { SessionState } from "./state.ts";

// More than this many in the state would make each of its rows heavy: then the realm is told in mid-run.
const MANY = 16;

/**
 * The session's model calls on their way to the realm's books. They are stored with the commit that
 * tells of their end and stay until the realm has them; it enters each once.
 */
export class Books {
  readonly #journal: Journal;
  /** The newest call that the realm is known to have. */
  #reported = 0;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Whether the realm should hear of calls before the run is over. */
  get areMany(): boolean {
    return this.unreported().length >= MANY;
  }

  /** Calls that the realm may not have; `more` are not stored yet. */
  unreported(more: readonly MeteredCall[] = []): ModelCall[] {
    const { calls = [], callCount = 0 } = this.#state;
    return [...calls, ...numbered(more, callCount)].filter(({ number }) => number > this.#reported);
  }

  /** The realm has these. */
  reported(calls: readonly ModelCall[]): void {
    this.#reported = Math.max(this.#reported, ...calls.map(({ number }) => number));
  }

  /** The change with the calls in it that are over since the last one. */
  entered(change: Change, calls: readonly MeteredCall[]): Change {
    if (calls.length === 0) return change;
    const { callCount = 0, spent, run } = this.#state;
    const kept = this.unreported(calls);
    return {
      ...change,
      state: (place) => {
        const patch = change.state?.(place) ?? {};
        return {
          ...patch,
          ...(patch.run && { run: { ...patch.run, spent: spentOn(calls, run?.spent) } }),
          spent: spentOn(calls, spent),
          callCount: callCount + calls.length,
          calls: kept,
        };
      },
    };
  }

  get #state(): Partial<SessionState> {
    return this.#journal.session?.state ?? {};
  }
}

function numbered(calls: readonly MeteredCall[], from: number): ModelCall[] {
  return calls.map((call, index) => ({ ...call, number: from + index + 1 }));
}
