import type { AgentEvent } from "../../sdk/contract/index.ts";
import type { ProviderError } from "../providers/provider.ts";
import type { RetryPolicy } from "./run-policies.ts";

// A vendor that says "too many requests" is left alone for this long, unless the config caps it (contract 7.8).
const RATE_LIMIT_FLOOR_MS = 30_000;

type Retrying = Extract<AgentEvent, { type: "retrying" }>;

/** Plans the wait before the next try and tells it as an event. `attempt` counts from 1. */
export function planRetry(
  provider: string,
  error: ProviderError,
  attempt: number,
  policy: RetryPolicy,
): Retrying {
  const backoff = policy.initialDelayMs * policy.multiplier ** (attempt - 1);
  const computed = Math.min(backoff * (0.9 + Math.random() * 0.2), policy.maxDelayMs);
  const floor = Math.min(RATE_LIMIT_FLOOR_MS, policy.maxDelayMs);
  const isFloored = error.kind === "rate_limited" && floor > computed;
  const hint = error.retryAfterMs;
  const selected = Math.round(Math.max(computed, isFloored ? floor : 0, hint ?? 0));
  return {
    type: "retrying",
    attempt,
    max_attempts: policy.maxRetries,
    error: error.message,
    delay_ms: selected,
    retry: {
      failure: {
        provider,
        kind: failureKind(error),
        ...(hint === undefined ? {} : { retry_after_ms: Math.round(hint) }),
        message: error.message,
      },
      plan: {
        attempt,
        max_retries: policy.maxRetries,
        computed_delay_ms: Math.round(computed),
        selected_delay_ms: selected,
        ...(hint === undefined ? {} : { retry_after_hint_ms: Math.round(hint) }),
        rate_limit_floor_applied: isFloored,
        budget_capped: false,
      },
    },
  };
}

/** Waits, unless the signal aborts first; the caller looks at the signal afterwards. */
export function wait(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise.finally(() => clearTimeout(timer));
}

function failureKind({ kind }: ProviderError): string {
  if (kind === "rate_limited") return "rate_limited";
  if (kind === "header_timeout" || kind === "idle_timeout") return "call_timeout";
  if (kind === "network") return "network_timeout";
  return "retryable_provider_error";
}
