import {
  type CallToolResult,
  ProtocolError,
  ProtocolErrorCode,
} from "@modelcontextprotocol/server";
import { type ErrorCode, errorCodes, toAppError } from "../../../sdk/contract/index.ts";

/** What a model can do about a failure. */
const advice: Partial<Record<ErrorCode, string>> = {
  INVALID_PARAMS: "Correct the arguments that details names and call again.",
  NOT_FOUND: "Open a new stream with meerkat_event_stream_open and the last seq as after.",
  SESSION_NOT_FOUND: "Find the session with meerkat_sessions; archived ones only have history.",
  SESSION_BUSY:
    "A turn is running: follow it with meerkat_event_stream_open, stop it with meerkat_interrupt, or pass handling_mode.",
  SESSION_NOT_RUNNING: "Nothing is running: send a prompt with meerkat_resume.",
  REQUEST_CANCELLED: "The turn was cancelled; the session is intact: go on with meerkat_resume.",
  BUDGET_EXHAUSTED: "Go on with meerkat_resume and a larger budget_limits.",
  PROVIDER_ERROR: "Try again with meerkat_resume, or choose another model or provider.",
  RATE_LIMITED: "Wait as many seconds as details.retry_after_secs says, then call again.",
  SERVICE_UNAVAILABLE: "Try the same call again.",
};

/** A failure as a result that a model can act on. Unknown errors are logged whole and told as nothing but that. */
export function failed(cause: unknown): CallToolResult {
  const { code, message, details } = toAppError(cause);
  if (code === "INTERNAL_ERROR") console.error(cause);
  const { category } = errorCodes[code];
  const next = advice[code];
  const told = {
    error: message,
    code,
    category,
    ...(details ? { details } : {}),
    ...(next ? { next } : {}),
  };
  return { content: [{ type: "text", text: JSON.stringify(told) }], isError: true };
}

/** The same for methods whose failures are errors of the protocol. */
export function protocolError(cause: unknown): ProtocolError {
  if (cause instanceof ProtocolError) return cause;
  const { code, message, details } = toAppError(cause);
  if (code === "INTERNAL_ERROR") console.error(cause);
  const number = code === "NOT_FOUND" ? ProtocolErrorCode.InvalidParams : errorCodes[code].rpc;
  return new ProtocolError(number, message, { code, ...(details ? { details } : {}) });
}
