import { AppError, type RunResult, toAppError, unpack } from "../sdk/contract/index.ts";
import type { Caller } from "./call.ts";
import type { SessionAddress } from "./session-address.ts";

const TRIES = 8;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Waits for a run's end, across restarts of its object: the run goes on there by itself, so asking
 * again is all it takes. A caller that runs no tools hears at once when the run waits for one.
 */
export async function runResult(
  session: SessionAddress,
  run: { runId: string; firstSeq: number },
  { clientTools }: Pick<Caller, "clientTools">,
): Promise<RunResult> {
  const untilPending = clientTools === undefined;
  try {
    return await acrossRestarts(async () =>
      unpack(await session.stub().result(run.runId, run.firstSeq, untilPending)),
    );
  } catch (cause) {
    throw await withWholeCalls(session, cause);
  }
}

/** Asks an object for something that may be asked twice, again whenever the object went away under the call. */
export async function acrossRestarts<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (cause) {
      if (!isRestart(cause) || attempt === TRIES) throw cause;
      await pause(Math.random() * Math.min(LONGEST_PAUSE_MS, 50 * 2 ** attempt));
    }
  }
}

/** An error cannot carry large arguments out of the object: a caller who is to run the tools gets them here. */
async function withWholeCalls(session: SessionAddress, cause: unknown): Promise<unknown> {
  const { code, message, details } = toAppError(cause);
  if (code !== "CALLBACK_PENDING" || !hasCutCalls(details)) return cause;
  const pending_tool_calls = await unpack(await session.stub().pending());
  const [first] = pending_tool_calls;
  // Somebody may have answered them in between.
  if (!first) return cause;
  const { tool_name, args } = first;
  return new AppError(code, message, { ...details, tool_name, args, pending_tool_calls });
}

function hasCutCalls({ pending_tool_calls: calls }: Record<string, unknown> = {}): boolean {
  return Array.isArray(calls) && calls.some((call) => call.truncated === true);
}

/** Whether the object went away under the call: a deploy, a crash, or the platform moving it. */
export function isRestart(cause: unknown): boolean {
  if (!(cause instanceof Error) || "code" in cause) return false;
  return (
    ("durableObjectReset" in cause && cause.durableObjectReset === true) ||
    ("retryable" in cause && cause.retryable === true) ||
    /network connection lost|internal error/i.test(cause.message)
  );
}

function pause(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, ms);
  return promise;
}
