import type { AgentEvent, Usage } from "../../sdk/contract/index.ts";
import {
  type ModelEnd,
  type ModelEvent,
  type ModelRequest,
  type Provider,
  ProviderError,
  type ProviderErrorKind,
  type UpstreamHandle,
} from "../providers/provider.ts";
import { planRetry, wait } from "./retry.ts";
import type { RetryPolicy } from "./run-policies.ts";

// Whoever keeps an answer has it ready: longer than this means that it is better asked for anew.
const REJOIN_HEADERS_MS = 15_000;

/** Failures of the way to the vendor, not of its answer. */
const lostKinds = new Set<ProviderErrorKind>([
  "network",
  "header_timeout",
  "idle_timeout",
  "stream_truncated",
]);

/** A delta, told at once and stored later. */
export type DeltaEvent = Extract<AgentEvent, { delta: string }>;

/** Why a step starts again: by the same call, or by a new one. */
export type RestartReason = Extract<AgentEvent, { type: "step_restarted" }>["reason"];

/** What becomes of the call itself: it can be joined again after a crash, or is what a crash has made of it. */
export type UpstreamOutput =
  | { type: "upstream"; handle: UpstreamHandle }
  /** What the step has told so far is void: the same call tells it again, or a new one does. */
  | { type: "restarted"; reason: RestartReason };

/** What one model call produces besides its end. */
export type StepOutput =
  | { type: "delta"; event: DeltaEvent }
  | UpstreamOutput
  | { type: "boundary"; events: AgentEvent[] };

/** A model call that failed for good, and what it had cost by then. */
export class StepFailed extends Error {
  override readonly cause: ProviderError;
  readonly usage: Usage | undefined;
  /** Whether a client has seen some of its answer: then no other model may give one. */
  readonly hasShown: boolean;

  constructor(cause: ProviderError, { usage, hasShown }: Pick<Seen, "usage" | "hasShown">) {
    super(cause.message);
    this.cause = cause;
    this.usage = usage;
    this.hasShown = hasShown;
  }
}

/** One model call, and how patient to be with it. */
export interface Step {
  provider: Provider;
  request: ModelRequest;
  retry: RetryPolicy;
  signal: AbortSignal;
  /** Hears what the call has used so far. */
  onUsage?: (usage: Usage) => void;
  /** The call that a crash cut off, to be joined before another is paid for. */
  cutOff?: UpstreamHandle | undefined;
}

/**
 * Asks the model once. A call that failed before it showed anything is tried again (contract 7.8):
 * what a client has seen is never said twice. A call that outlives its connection is joined again
 * before another one is paid for. Returns nothing when the signal aborted it.
 * @throws {StepFailed}
 */
export async function* runStep(step: Step): AsyncGenerator<StepOutput, ModelEnd | undefined> {
  const { provider, request, retry, signal } = step;
  let { cutOff } = step;
  let hasShown = false;
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    const seen = unseen(cutOff);
    try {
      const events = cutOff ? rejoin(step, cutOff) : provider.stream(request, signal);
      return yield* tell(step, events, seen);
    } catch (cause) {
      if (signal.aborted) return undefined;
      if (!(cause instanceof ProviderError)) throw cause;
      hasShown ||= seen.hasShown;
      const goesOn = isOutThere(cause, seen, cutOff);
      if (
        cause.retryable &&
        attempt <= retry.maxRetries &&
        (goesOn || !(seen.hasShown || cutOff))
      ) {
        const event = planRetry(provider.name, cause, attempt, retry);
        yield { type: "boundary", events: [event] };
        await wait(event.delay_ms, signal);
        cutOff = goesOn ? seen.handle : undefined;
      } else if (cutOff && (step.cutOff || !hasShown)) {
        // The old call is lost for good: the step starts again with a new one.
        yield { type: "restarted", reason: step.cutOff ? "crash" : "stream_lost" };
        cutOff = undefined;
        attempt = 0;
      } else {
        throw new StepFailed(cause, { usage: seen.usage, hasShown });
      }
    }
  }
  return undefined;
}

/** Whether the call may go on although we lost sight of it, rather than having failed by the vendor's word. */
function isOutThere(
  { kind, status }: ProviderError,
  { handle }: Seen,
  cutOff: UpstreamHandle | undefined,
): boolean {
  return (
    handle !== undefined && (lostKinds.has(kind) || (cutOff !== undefined && status !== undefined))
  );
}

/** The call that a crash cut off, told from its first word. @throws {ProviderError} if it is not to be had */
function rejoin(
  { provider, request, signal }: Step,
  cutOff: UpstreamHandle,
): AsyncIterable<ModelEvent> {
  const headersMs = Math.min(request.timeouts.headersMs, REJOIN_HEADERS_MS);
  const hasty = { ...request, timeouts: { ...request.timeouts, headersMs } };
  const events = provider.resume?.(cutOff, hasty, signal);
  if (events) return events;
  throw new ProviderError("not_found", `${provider.name} cannot join a call again`);
}

interface Seen {
  /** Thinking that was told and not closed yet. */
  reasoning: string;
  hasShown: boolean;
  usage: Usage | undefined;
  /** What the call can be joined by. */
  handle: UpstreamHandle | undefined;
  /** Whether it was told before, at least in part, which has still to be voided. */
  isAgain: boolean;
}

function unseen(handle: UpstreamHandle | undefined): Seen {
  return {
    reasoning: "",
    hasShown: false,
    usage: undefined,
    handle,
    isAgain: handle !== undefined,
  };
}

async function* tell(
  { provider, signal, onUsage }: Step,
  events: AsyncIterable<ModelEvent>,
  seen: Seen,
): AsyncGenerator<StepOutput, ModelEnd | undefined> {
  for await (const event of events) {
    if (signal.aborted) return undefined;
    if (seen.isAgain) yield { type: "restarted", reason: "reattached" };
    seen.isAgain = false;
    switch (event.type) {
      case "handle":
        seen.handle = event.handle;
        yield { type: "upstream", handle: event.handle };
        break;
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
        onUsage?.(event.usage);
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
