/** Where a turn stands in its caller's trace (W3C Trace Context). */
export interface TraceParent {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** 16 hexadecimal digits: the caller's span. */
  spanId: string;
  /** Whether the caller records this trace. */
  isSampled: boolean;
}

const shape = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Reads a `traceparent`. Nothing for one that is malformed: whoever reads it starts a trace of its own. */
export function readTraceParent(text: unknown): TraceParent | undefined {
  const [, version, traceId = "", spanId = "", flags = "", more] =
    shape.exec(typeof text === "string" ? text : "") ?? [];
  // A later version may append fields; this one has none, and `ff` is no version.
  if (version === undefined || version === "ff" || (version === "00" && more)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}
