import type { ModelCall, StopReason, Usage } from "../../sdk/contract/index.ts";
import type { Span } from "./span.ts";
import { newSpanId, type Trace, traceOf } from "./trace.ts";
import type { TurnRecord } from "./turn-record.ts";

// Names and values of OpenTelemetry's conventions for generative AI, 1.41.

/** How a model call ended. */
export interface CallEnding {
  stop?: StopReason;
  /** The kind of failure, or `cancelled`. */
  error?: string;
}

/** A call of a tool that was answered, or was not. */
export interface ToolExecution {
  id: string;
  name: string;
  durationMs: number;
  error?: string | undefined;
}

/** The span of a whole turn: parent of all others. */
export function turnSpan(record: TurnRecord): Span {
  const { realmId, sessionId, runId, recoveries, usage, error } = record;
  const { traceId, spanId, parentSpanId } = traceOf(record);
  return {
    traceId,
    spanId,
    parentSpanId,
    name: "invoke_agent",
    kind: "internal",
    startedAt: record.startedAt,
    endedAt: record.endedAt,
    attributes: {
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.provider.name": providerName(record.provider),
      "gen_ai.request.model": record.model,
      "gen_ai.conversation.id": sessionId,
      ...usageOf(usage),
      "meerkat.realm": realmId,
      "meerkat.run": runId,
      "meerkat.recoveries": recoveries,
    },
    error: error?.code,
  };
}

/** The span of one model call, its retries included. */
export function callSpan(
  trace: Trace,
  sessionId: string,
  call: Omit<ModelCall, "number">,
  { stop, error, firstTokenAt }: CallEnding & { firstTokenAt?: number | undefined },
): Span {
  const { at, latency_ms, model, provider, usage, retries } = call;
  const startedAt = at - latency_ms;
  const firstTokenMs = firstTokenAt === undefined ? undefined : firstTokenAt - startedAt;
  return {
    ...childOf(trace),
    name: `chat ${model}`,
    kind: "client",
    startedAt,
    endedAt: at,
    attributes: {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": providerName(provider),
      "gen_ai.request.model": model,
      "gen_ai.request.stream": true,
      "gen_ai.response.finish_reasons": stop && [stop],
      "gen_ai.response.time_to_first_chunk": firstTokenMs && firstTokenMs / 1_000,
      "gen_ai.conversation.id": sessionId,
      ...usageOf(usage),
      "meerkat.retries": retries,
    },
    error,
  };
}

/** The span of one tool call. */
export function toolSpan(trace: Trace, sessionId: string, tool: ToolExecution, now: number): Span {
  // The model chooses the name, and may choose one that no tool has, or a whole sentence.
  const name = /^[\w.-]{1,64}$/.test(tool.name) ? tool.name : "unknown";
  return {
    ...childOf(trace),
    name: `execute_tool ${name}`,
    kind: "internal",
    startedAt: now - tool.durationMs,
    endedAt: now,
    attributes: {
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": name,
      "gen_ai.tool.type": "function",
      "gen_ai.tool.call.id": tool.id,
      "gen_ai.conversation.id": sessionId,
    },
    error: tool.error,
  };
}

function childOf({ traceId, spanId }: Trace): Pick<Span, "traceId" | "spanId" | "parentSpanId"> {
  return { traceId, spanId: newSpanId(), parentSpanId: spanId };
}

function usageOf(usage: Usage): Span["attributes"] {
  return {
    "gen_ai.usage.input_tokens": usage.input_tokens,
    "gen_ai.usage.output_tokens": usage.output_tokens,
    "gen_ai.usage.cache_read.input_tokens": usage.cache_read_tokens,
    "gen_ai.usage.cache_creation.input_tokens": usage.cache_creation_tokens,
  };
}

function providerName(provider: string): string {
  return provider === "gemini" ? "gcp.gemini" : provider;
}
