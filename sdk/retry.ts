import { isConnectionClosed } from "./errors.ts";

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;

/** Waits for a promise no longer than the signal allows; the work behind the promise goes on. */
export async function abortable<Value>(
  promise: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  if (!signal) return promise;
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** One attempt's patience: how often in a row, and after which pause, a lost connection is tried again. */
export class Retry {
  readonly #limit: number;
  readonly #onTry: ((attempt: number) => void) | undefined;
  #failures = 0;

  /** `onTry` is told the number of each further try. */
  constructor(limit: number, onTry?: (attempt: number) => void) {
    this.#limit = limit;
    this.#onTry = onTry;
  }

  /** To be called on progress: only failures in a row count. */
  reset(): void {
    this.#failures = 0;
  }

  /**
   * Waits before the next try: at random up to 100 ms, then up to twice as long each time, at most 5 s.
   * @throws the error itself when it is none of the connection's, or was the last one allowed.
   */
  async after(error: unknown, signal?: AbortSignal): Promise<void> {
    if (!isConnectionClosed(error) || this.#failures >= this.#limit) throw error;
    const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#onTry?.(this.#failures);
    await pause(Math.random() * ceiling, signal);
  }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  try {
    await abortable(promise, signal);
  } finally {
    clearTimeout(timer);
  }
}
