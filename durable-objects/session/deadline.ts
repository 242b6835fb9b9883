import type { RunState } from "./state.ts";

/** Tells when the run's time is up, if it is limited, for as long as it is held with `using`. */
export function deadlineOf(run: RunState, onOver: (limitMs: number) => void): Disposable {
  const { durationMs: limit } = run.settings.limits;
  const left = run.startedAt + (limit ?? 0) - Date.now();
  const timer = limit === undefined ? undefined : setTimeout(() => onOver(limit), left);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
