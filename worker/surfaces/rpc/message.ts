import { AppError, checkNesting, errorCodes, toAppError } from "../../../sdk/contract/index.ts";

/** What a request is called by; echoed verbatim in its answer. */
export type RequestId = string | number;

/** A message from a client, as far as it can be understood. */
export type Incoming =
  | { kind: "request"; id: RequestId; method: string; params: unknown }
  | { kind: "notification"; method: string; params: unknown }
  | { kind: "answer"; id: RequestId; result: unknown; isError: boolean }
  | { kind: "invalid"; reply: string };

const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;
const MAX_ID_CHARS = 256;

/** Reads one JSON-RPC 2.0 message (contract 3.1). Batches are refused like unparsable text. */
export function parseMessage(text: string): Incoming {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return invalid(null, PARSE_ERROR, "Parse error: the message is not JSON");
  }
  if (Array.isArray(message)) return invalid(null, PARSE_ERROR, "Batches are not supported");
  if (typeof message !== "object" || message === null) {
    return invalid(null, INVALID_REQUEST, "Invalid request: expected a JSON object");
  }
  const fields = message as Record<string, unknown>;
  try {
    checkNesting(message);
  } catch (cause) {
    return { kind: "invalid", reply: failure(isRequestId(fields.id) ? fields.id : null, cause) };
  }
  return read(fields);
}

function isRequestId(id: unknown): id is RequestId {
  if (typeof id === "string") return id.length <= MAX_ID_CHARS;
  return typeof id === "number" && Number.isSafeInteger(id);
}

function read({ jsonrpc, id, method, params, ...rest }: Record<string, unknown>): Incoming {
  const isNamed = isRequestId(id);
  if (method === undefined && isNamed && ("result" in rest || "error" in rest)) {
    const isError = rest.error !== undefined && rest.error !== null;
    return { kind: "answer", id, result: isError ? rest.error : rest.result, isError };
  }
  const replyTo = isNamed ? id : null;
  if (jsonrpc !== "2.0") {
    return invalid(replyTo, INVALID_REQUEST, 'Invalid request: jsonrpc must be "2.0"');
  }
  if (typeof method !== "string") {
    return invalid(replyTo, INVALID_REQUEST, "Invalid request: method must be a string");
  }
  if (id === undefined) return { kind: "notification", method, params };
  if (!isNamed) {
    return invalid(
      null,
      INVALID_REQUEST,
      "Invalid request: id must be an integer or a string of at most 256 characters",
    );
  }
  return { kind: "request", id, method, params };
}

/** The text of a successful answer. */
export function success(id: RequestId, result: unknown): string {
  return JSON.stringify({ jsonrpc: "2.0", id, result });
}

/** The text of a failed answer; `data.code` is always there (contract 3.9). Unknown errors are logged whole. */
export function failure(id: RequestId | null, cause: unknown): string {
  const { code, message, details } = toAppError(cause);
  if (code === "INTERNAL_ERROR") console.error(cause);
  const { rpc, category } = errorCodes[code];
  const data = { code, category, message, ...(details ? { details, ...details } : {}) };
  return JSON.stringify({ jsonrpc: "2.0", id, error: { code: rpc, message, data } });
}

/** What a method without parameters may be given. @throws {AppError} `INVALID_PARAMS` */
export function paramsObject(params: unknown): Record<string, unknown> {
  if (params === undefined || params === null) return {};
  if (typeof params === "object" && !Array.isArray(params))
    return params as Record<string, unknown>;
  throw new AppError("INVALID_PARAMS", "Invalid params: expected an object");
}

function invalid(id: RequestId | null, code: number, message: string): Incoming {
  const data = { code: code === PARSE_ERROR ? "PARSE_ERROR" : "INVALID_REQUEST", message };
  const reply = JSON.stringify({ jsonrpc: "2.0", id, error: { code, message, data } });
  return { kind: "invalid", reply };
}
