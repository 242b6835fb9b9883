/** What a request is called by; echoed verbatim in its answer. */
export type RequestId = string | number;

/** What a request came to, as it stands on the wire. */
export type Outcome = { result: unknown } | { error: WireError };

/** A JSON-RPC error; `data.code` is the name that the SDKs show. */
export interface WireError {
  code: number;
  message: string;
  data?: unknown;
}

type JsonObject = Record<string, unknown>;

/** The line or frame of a request; without an id it is a notification. */
export function requestText(method: string, params: unknown, id?: RequestId): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method, params });
}

/** The line or frame of an answer. */
export function answerText(id: RequestId | null, outcome: Outcome): string {
  return JSON.stringify({ jsonrpc: "2.0", id, ...outcome });
}

/** Reads a message that holds an outcome; a missing result counts as an empty one. */
export function outcomeOf({ result, error }: JsonObject): Outcome {
  if (typeof error !== "object" || error === null) return { result: result ?? {} };
  // Passed on as it came: only its reader judges what an error holds.
  return { error: error as WireError };
}

/** An error of the bridge's own, in the deployment's form. */
export function failure(code: number, name: string, message: string): { error: WireError } {
  return { error: { code, message, data: { code: name, message } } };
}
