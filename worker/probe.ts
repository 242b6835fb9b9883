import type { HealthDimension } from "../sdk/contract/index.ts";

const DEADLINE_MS = 2_000;

/** What an object answered, when (Unix milliseconds), and after how long; or why it did not. */
export type Probed<Answer> =
  | { answer: Answer; askedAt: number; tookMs: number }
  | { unreadable: string };

/** Asks for something, and waits for it no longer than health may take. Never fails. */
export async function probe<Answer>(ask: () => Promise<Answer>): Promise<Probed<Answer>> {
  const askedAt = Date.now();
  const late = Promise.withResolvers<Probed<Answer>>();
  const reason = `no answer within ${DEADLINE_MS} ms`;
  const timer = setTimeout(() => late.resolve({ unreadable: reason }), DEADLINE_MS);
  try {
    const found = ask().then((answer) => ({ answer, askedAt, tookMs: Date.now() - askedAt }));
    return await Promise.race([found, late.promise]);
  } catch (cause) {
    // What went wrong may name what is none of the caller's business.
    console.error("health could not be read", cause);
    return { unreadable: "it failed; the log says why" };
  } finally {
    clearTimeout(timer);
  }
}

/** A dimension that was looked at just now. */
export function measured(
  id: string,
  scope: HealthDimension["scope"],
  facts: Pick<HealthDimension, "value" | "unit" | "ok" | "reason">,
): HealthDimension {
  return { id, scope, state: "measured", ...facts };
}

/** A dimension that nobody looks at, and why. */
export function unmeasured(
  id: string,
  scope: HealthDimension["scope"],
  reason: string,
): HealthDimension {
  return { id, scope, state: "unmeasured", reason };
}

/** A dimension that was asked for and did not tell. */
export function unreadable(
  id: string,
  scope: HealthDimension["scope"],
  reason: string,
): HealthDimension {
  return { id, scope, state: "unreadable", reason };
}
