import { setTimeout as delay } from "node:timers/promises";

const LOOK_EVERY_MS = 15;

/** What the suite is there to find: a promise of the system that was not kept. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** Waits for a promise, but not for ever. @throws {Violation} */
export async function within<Value>(
  ms: number,
  what: string,
  promise: Promise<Value>,
): Promise<Value> {
  const over = new AbortController();
  const late = delay(ms, undefined, { signal: over.signal }).then(() => {
    throw new Violation(`${what}: not within ${ms} ms`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    over.abort();
    // The race is decided: whichever is left has nobody who listens.
    late.catch(() => {});
  }
}

/** Looks again and again until something holds. @throws {Violation} */
export async function until(
  ms: number,
  what: string,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const end = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > end) throw new Violation(`${what}: not within ${ms} ms`);
    await delay(LOOK_EVERY_MS);
  }
}

/** @throws {Violation} unless it holds */
export function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Violation(what);
}
