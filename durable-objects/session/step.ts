import type { AgentEvent, Usage } from "../../sdk/contract/index.ts";
import {
  type ModelEnd,
  type ModelRequest,
  type Provider,
  ProviderError,
} from "../providers/provider.ts";
import { planRetry, wait } from "./retry.ts";
import type { RetryPolicy } from "./state.ts";

/** A delta, told at once and stored later. */
export type DeltaEvent = Extract<AgentEvent, { delta: string }>;

/** What one model call produces besides its end. */
export type StepOutput =
  | { type: "delta"; event: DeltaEvent }
  | { type: "boundary"; events: AgentEvent[] };

/** A model call that failed for good, and what it had cost by then. */
export class StepFailed extends Error {
  override readonly cause: ProviderError;
  readonly usage: Usage | undefined;

  constructor(cause: ProviderError, usage: Usage | undefined) {
    super(cause.message);
    this.cause = cause;
    this.usage = usage;
  }
}

interface Step {
  provider: Provider;
  request: ModelRequest;
  retry: RetryPolicy;
  signal: AbortSignal;
}

/**
 * Asks the model once. A call that failed before it showed anything is tried again (contract 7.8):
 * what a client has seen is never said twice. Returns nothing when the signal aborted it.
 * @throws {StepFailed}
 */
export async function* runStep(step: Step): AsyncGenerator<StepOutput, ModelEnd | undefined> {
  const { provider, retry, signal } = step;
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    const seen: Seen = { reasoning: "", hasShown: false, usage: undefined };
    try {
      return yield* tell(step, seen);
    } catch (cause) {
      if (signal.aborted) return undefined;
      if (!(cause instanceof ProviderError)) throw cause;
      if (seen.hasShown || !cause.retryable || attempt > retry.maxRetries) {
        throw new StepFailed(cause, seen.usage);
      }
      const event = planRetry(provider.name, cause, attempt, retry);
      yield { type: "boundary", events: [event] };
      await wait(event.delay_ms, signal);
    }
  }
  return undefined;
}

interface Seen {
  /** Thinking that was told and not closed yet. */
  reasoning: string;
  hasShown: boolean;
  usage: Usage | undefined;
}

async function* tell(
  { provider, request, signal }: Step,
  seen: Seen,
): AsyncGenerator<StepOutput, ModelEnd | undefined> {
  for await (const event of provider.stream(request, signal)) {
    if (signal.aborted) return undefined;
    switch (event.type) {
      case "reasoning":
        seen.reasoning += event.delta;
        seen.hasShown = true;
        yield { type: "delta", event: { type: "reasoning_delta", delta: event.delta } };
        break;
      case "text":
        yield* reasoningEnd(seen);
        seen.hasShown = true;
        yield { type: "delta", event: { type: "text_delta", delta: event.delta } };
        break;
      case "usage":
        seen.usage = event.usage;
        break;
      case "end":
        yield* reasoningEnd(seen);
        return event;
    }
  }
  if (signal.aborted) return undefined;
  throw new ProviderError("stream_truncated", `${provider.name} ended its stream too early`);
}

/** Closes a stretch of thinking before anything else is told (contract 5.2). */
function* reasoningEnd(seen: Seen): Generator<StepOutput> {
  if (seen.reasoning === "") return;
  yield { type: "boundary", events: [{ type: "reasoning_complete", content: seen.reasoning }] };
  seen.reasoning = "";
}
