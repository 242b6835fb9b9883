/** Who asked for a turn, for logs and traces: the Worker says it, no client can. */
export interface Initiator {
  /** See `Access.actor`. */
  actor: string;
  /** The request's own id: `X-Meerkat-Request-Id`, or the platform's. */
  requestId?: string | undefined;
  /** W3C Trace Context: the turn belongs to this trace. */
  traceparent?: string | undefined;
}
