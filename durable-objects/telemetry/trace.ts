import { type Initiator, readTraceParent } from "../../sdk/contract/index.ts";

/** Where the spans of a turn belong. */
export interface Trace {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** The turn's own span, 16 digits. */
  spanId: string;
  parentSpanId?: string;
  /** The caller's decision; without a caller's trace everything is recorded. */
  isSampled: boolean;
}

/**
 * A turn's place in its caller's trace, or in one of its own. It follows from the run's id, a UUID, whose 32
 * digits are what a trace id is: a crash loses nothing, and nothing has to be stored.
 */
export function traceOf({
  runId,
  initiator,
}: {
  runId: string;
  initiator?: Initiator | undefined;
}): Trace {
  const digits = runId.replaceAll("-", "");
  const spanId = digits.slice(-16);
  const parent = readTraceParent(initiator?.traceparent);
  if (!parent) return { traceId: digits, spanId, isSampled: true };
  const { traceId, spanId: parentSpanId, isSampled } = parent;
  return { traceId, spanId, parentSpanId, isSampled };
}

/** A random id for a span. */
export function newSpanId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
