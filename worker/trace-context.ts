import { tracing } from "cloudflare:workers";
import { type Initiator, readTraceParent } from "../sdk/contract/index.ts";
import type { Caller } from "./call.ts";

const MAX_REQUEST_ID_CHARS = 255;

type Provenance = Pick<Caller, "requestId" | "traceparent">;

/**
 * The id and the trace of a request: its client's trace, or the one that the platform records. A socket
 * carries many requests, and belongs to no one's trace.
 */
export function provenanceOf({ headers }: Request): Provenance {
  const requestId = headers.get("x-meerkat-request-id") ?? headers.get("cf-ray") ?? undefined;
  return {
    requestId: requestId?.slice(0, MAX_REQUEST_ID_CHARS),
    traceparent: headers.has("upgrade")
      ? undefined
      : (validTraceParent(headers.get("traceparent")) ?? platformTrace()),
  };
}

/** A `traceparent` as it came, if it is one. */
export function validTraceParent(text: unknown): string | undefined {
  return typeof text === "string" && readTraceParent(text) ? text : undefined;
}

/** Who a turn is told of as asking for it. */
export function initiatorOf({ actor, requestId, traceparent }: Caller): Initiator {
  return { actor, requestId, traceparent };
}

/** Names the operation on the span that the platform records of this request, if it does. */
export function nameSpan(operation: string, realm: string): void {
  const span = tracing.getActiveSpan();
  if (span?.isTraced)
    span.setAttributes({ "meerkat.operation": operation, "meerkat.realm": realm });
}

function platformTrace(): string | undefined {
  const span = tracing.getActiveSpan();
  if (!span?.isTraced) return undefined;
  const { traceId, spanId } = span.spanContext();
  return validTraceParent(`00-${traceId}-${spanId}-01`);
}
