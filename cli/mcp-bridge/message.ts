import { isRecord, parseJson } from "../../sdk/json.ts";

/** What a request is called by; echoed in its answer. */
export type RequestId = string | number;

/** A line of the client's, as far as the bridge must look into it. */
export interface ClientMessage {
  /** As it came: what goes to the deployment is not written anew. */
  text: string;
  /** Absent for notifications and answers. */
  id: RequestId | undefined;
  method: string;
  params: Record<string, unknown>;
  /** The revision that the message itself names, as it does from 2026-07-28 on. */
  revision: string | undefined;
}

const PARSE_ERROR = -32700;
const INTERNAL_ERROR = -32603;

/** Reads a line; nothing for one that is not JSON. */
export function readMessage(text: string): ClientMessage | undefined {
  const message = parseJson(text);
  if (message === undefined) return undefined;
  const { id, method, params }: Record<string, unknown> = isRecord(message) ? message : {};
  const given = isRecord(params) ? params : {};
  const meta = isRecord(given._meta) ? given._meta : {};
  const revision = meta["io.modelcontextprotocol/protocolVersion"];
  return {
    text,
    id: typeof id === "string" || typeof id === "number" ? id : undefined,
    method: typeof method === "string" ? method : "",
    params: given,
    revision: typeof revision === "string" ? revision : undefined,
  };
}

/** The headers by which the protocol mirrors a message, so that nobody on the way has to read it. */
export function mirrored({ method, params, revision }: ClientMessage): Record<string, string> {
  if (revision === undefined) return {};
  const name = params.name ?? params.uri ?? params.taskId;
  return {
    "mcp-protocol-version": revision,
    "mcp-method": method,
    ...(typeof name === "string" ? { "mcp-name": headerText(name) } : {}),
  };
}

/** The answer to a line that is not JSON. */
export function unreadable(message: string): string {
  return JSON.stringify({ jsonrpc: "2.0", id: null, error: { code: PARSE_ERROR, message } });
}

/** The answer to a request that got none from the deployment. */
export function unanswered(id: RequestId, message: string, data?: Record<string, unknown>): string {
  const error = { code: INTERNAL_ERROR, message, ...(data ? { data } : {}) };
  return JSON.stringify({ jsonrpc: "2.0", id, error });
}

/** A header holds ASCII only; the protocol says how to write the rest. */
function headerText(text: string): string {
  if (/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text)) return text;
  return `=?base64?${Buffer.from(text).toString("base64")}?=`;
}
