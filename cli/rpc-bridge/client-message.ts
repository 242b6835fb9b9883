import { isRecord, parseJson } from "../../sdk/json.ts";
import { answerText, failure, type Outcome, outcomeOf, type RequestId } from "./json-rpc.ts";

/** A request of the client's, as it came. */
export interface ClientRequest {
  id: RequestId;
  method: string;
  params: unknown;
}

/** A line from the client, as far as it can be understood. */
export type ClientMessage =
  | ({ kind: "request" } & ClientRequest)
  | { kind: "notification"; method: string; params: unknown }
  | { kind: "answer"; id: RequestId; outcome: Outcome }
  | { kind: "invalid"; reply: string };

const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;

/** Reads one line (contract 3.1). What is wrong is answered here, since ids are not the client's own further on. */
export function parseLine(line: string): ClientMessage {
  const message = parseJson(line);
  if (message === undefined) {
    return invalid(null, PARSE_ERROR, "Parse error: the line is not JSON");
  }
  if (Array.isArray(message)) return invalid(null, PARSE_ERROR, "Batches are not supported");
  if (!isRecord(message)) {
    return invalid(null, INVALID_REQUEST, "Invalid request: expected a JSON object");
  }
  return read(message);
}

/** The answer to a line that is too long to be read at all. */
export function tooLong(limit: number): string {
  const message = `Parse error: the line is longer than ${limit} characters`;
  return answerText(null, failure(PARSE_ERROR, "PARSE_ERROR", message));
}

function read(message: Record<string, unknown>): ClientMessage {
  const { id, method, params, jsonrpc } = message;
  const named = isId(id) ? id : null;
  if (method === undefined && named !== null && ("result" in message || "error" in message)) {
    return { kind: "answer", id: named, outcome: outcomeOf(message) };
  }
  if (jsonrpc !== "2.0") {
    return invalid(named, INVALID_REQUEST, 'Invalid request: jsonrpc must be "2.0"');
  }
  if (typeof method !== "string") {
    return invalid(named, INVALID_REQUEST, "Invalid request: method must be a string");
  }
  if (id === undefined) return { kind: "notification", method, params };
  if (named === null) {
    return invalid(null, INVALID_REQUEST, "Invalid request: id must be a string or an integer");
  }
  return { kind: "request", id: named, method, params };
}

function isId(id: unknown): id is RequestId {
  return typeof id === "string" || (typeof id === "number" && Number.isSafeInteger(id));
}

function invalid(id: RequestId | null, code: number, message: string): ClientMessage {
  const name = code === PARSE_ERROR ? "PARSE_ERROR" : "INVALID_REQUEST";
  return { kind: "invalid", reply: answerText(id, failure(code, name, message)) };
}
