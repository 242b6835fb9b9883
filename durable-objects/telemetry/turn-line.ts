import { logLine, type LogLevel } from "../../sdk/contract/index.ts";
import { traceOf } from "./trace.ts";
import { type TurnRecord, usdOf } from "./turn-record.ts";

/** Logs a turn that is over. What the members mean stands in docs/observability.md. */
export function logTurn(env: { RKAT_LOG_LEVEL?: string }, record: TurnRecord): void {
  const { initiator, tally, usage } = record;
  logLine(env, levelOf(record), "turn", {
    realm: record.realmId,
    session: record.sessionId,
    run: record.runId,
    request: initiator?.requestId,
    actor: initiator?.actor,
    trace: traceOf(record).traceId,
    provider: record.provider,
    model: record.model,
    outcome: record.outcome,
    error: record.error?.code,
    error_class: record.error?.class,
    cause: record.cause,
    queue_ms: record.queueMs,
    first_token_ms: record.firstTokenMs,
    duration_ms: record.endedAt - record.startedAt,
    steps: record.steps,
    tool_calls: record.toolCalls,
    retries: tally.retries,
    recoveries: record.recoveries,
    compactions: tally.compactions,
    fallbacks: tally.fallbacks,
    input_tokens: usage.input_tokens,
    output_tokens: usage.output_tokens,
    cache_read_tokens: usage.cache_read_tokens ?? 0,
    cache_creation_tokens: usage.cache_creation_tokens ?? 0,
    reasoning_tokens: usage.reasoning_tokens ?? 0,
    usd: usdOf(record),
  });
}

function levelOf({ outcome, error }: TurnRecord): LogLevel {
  if (outcome !== "failed") return "info";
  return error?.code === "INTERNAL_ERROR" ? "error" : "warn";
}
