/** Every way a call can fail, and how each surface says so. Numbers and names: contract 2.8 and 3.9. */
export const errorCodes = {
  INVALID_PARAMS: { status: 400, rpc: -32602, category: "validation", rest: "BAD_REQUEST" },
  UNAUTHORIZED: { status: 401, rpc: -32030, category: "auth" },
  SCOPE_DENIED: { status: 403, rpc: -32025, category: "auth" },
  HOOK_DENIED: { status: 403, rpc: -32012, category: "hook" },
  NOT_FOUND: { status: 404, rpc: -32601, category: "validation" },
  SESSION_NOT_FOUND: { status: 404, rpc: -32001, category: "session" },
  REALM_NOT_FOUND: { status: 404, rpc: -32001, category: "session" },
  REQUEST_NOT_FOUND: { status: 404, rpc: -32001, category: "request" },
  SESSION_BUSY: { status: 409, rpc: -32002, category: "session" },
  SESSION_NOT_RUNNING: { status: 409, rpc: -32003, category: "session" },
  DUPLICATE_INPUT: { status: 409, rpc: -32004, category: "session" },
  DUPLICATE_REQUEST_ID: { status: 409, rpc: -32004, category: "request" },
  REALM_BUSY: { status: 409, rpc: -32002, category: "session" },
  REALM_DELETING: { status: 409, rpc: -32004, category: "session" },
  CONFLICT: { status: 409, rpc: -32004, category: "session" },
  PAYLOAD_TOO_LARGE: { status: 413, rpc: -32602, category: "validation" },
  RATE_LIMITED: { status: 429, rpc: -32029, category: "limit" },
  BUDGET_EXHAUSTED: { status: 429, rpc: -32011, category: "budget" },
  REQUEST_CANCELLED: { status: 499, rpc: -32005, category: "request" },
  AGENT_ERROR: { status: 500, rpc: -32013, category: "agent" },
  CONFIGURATION_ERROR: { status: 500, rpc: -32603, category: "internal" },
  INTERNAL_ERROR: { status: 500, rpc: -32603, category: "internal" },
  SESSION_CREATED_WITH_TURN_FAILURE: { status: 500, rpc: -32013, category: "agent" },
  CALLBACK_PENDING: { status: 500, rpc: -32603, category: "agent" },
  CAPABILITY_UNAVAILABLE: { status: 501, rpc: -32020, category: "capability" },
  PROVIDER_ERROR: { status: 502, rpc: -32010, category: "provider" },
  SERVICE_UNAVAILABLE: { status: 503, rpc: -32026, category: "provider" },
} as const satisfies Record<string, ErrorFacts>;

interface ErrorFacts {
  /** HTTP status. */
  status: number;
  /** JSON-RPC error number. */
  rpc: number;
  category: string;
  /** The name REST gives it, where that differs. */
  rest?: string;
}

/** The name of one failure, the same on every surface. */
export type ErrorCode = keyof typeof errorCodes;

/** A failure that a caller can cause or act on: a code of the table, a sentence, and facts about it. */
export class AppError extends Error {
  override name = "AppError";
  readonly code: ErrorCode;
  readonly details: Record<string, unknown> | undefined;

  constructor(code: ErrorCode, message: string, details?: Record<string, unknown>) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/**
 * Recognises an AppError by its code rather than its class: an error thrown in a Durable Object
 * reaches the Worker as a plain Error with the same fields. Anything else becomes `INTERNAL_ERROR`.
 */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof Error && "code" in error && isErrorCode(error.code)) {
    const details = "details" in error ? (error.details as AppError["details"]) : undefined;
    return new AppError(error.code, error.message, details);
  }
  return new AppError("INTERNAL_ERROR", "Internal error");
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === "string" && Object.hasOwn(errorCodes, code);
}
