import {
  createMcpHandler,
  isLegacyRequest,
  type McpServerFactory,
  type ServerEventBus,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";
import { Hono } from "hono";
import type { AppEnv } from "../../app-env.ts";
import { MAX_BODY_BYTES } from "../../body-limit.ts";
import type { Caller } from "../../call.ts";
import { authInfo, SESSION_HEADER } from "./request.ts";
import { type Needs, stepUp } from "./step-up.ts";

const KEEP_ALIVE_MS = 5_000;
const bodySize = { maxRequestBodySize: MAX_BODY_BYTES };
const MAX_OPENING_BYTES = 64 * 1024;

const both = "application/json, text/event-stream";

/** What differs between the servers that are mounted. */
export interface MountOptions {
  /** Tools that may take long. */
  longTools?: ReadonlySet<string>;
  /** The scopes that requests need, for clients that can ask for more. */
  needs?: Needs;
  /** What open subscriptions hear. */
  bus?: ServerEventBus;
}

/**
 * Serves MCP over HTTP in both eras, from one server per request: any request may meet any isolate.
 * What it takes for real clients, whose `Accept` headers are narrower than the protocol's, is here.
 */
export function mountMcp(
  factory: McpServerFactory,
  { longTools = new Set(), needs = () => [], bus }: MountOptions = {},
): Hono<AppEnv> {
  const onerror = (error: Error) => console.debug("mcp:", error.message);
  const shared = { ...bodySize, keepAliveMs: KEEP_ALIVE_MS, onerror, ...(bus ? { bus } : {}) };
  const plain = createMcpHandler(factory, shared);
  // Only a stream shows that its client has left, and keeps the way open while a tool is silent.
  const streaming = createMcpHandler(factory, { ...shared, responseMode: "sse" });

  return new Hono<AppEnv>().all("/", async (c) => {
    const request = c.req.raw;
    const options = { authInfo: authInfo(c.var.caller) };
    const refused = await stepUp(request, c.var.caller, needs);
    if (refused) return refused;
    if (!takesStreams(request)) {
      if (await isLegacyRequest(request, undefined, bodySize))
        return answerAsJson(factory, request, c.var.caller);
      return plain.fetch(request, options);
    }
    const isOpening = await opensSession(request);
    const isLong = longTools.has(request.headers.get("mcp-name") ?? "");
    const handler = isLong ? streaming : plain;
    const response = await handler.fetch(acceptingBoth(request), options);
    return isOpening && response.ok ? withSession(response) : response;
  });
}

function takesStreams(request: Request): boolean {
  const accept = request.headers.get("accept") ?? "*/*";
  return /text\/event-stream|text\/\*|\*\/\*/.test(accept);
}

function acceptingBoth(request: Request): Request {
  const headers = new Headers(request.headers);
  headers.set("accept", both);
  return new Request(request, { headers });
}

/** For clients of the older revisions that only read JSON. */
async function answerAsJson(
  factory: McpServerFactory,
  request: Request,
  caller: Caller,
): Promise<Response> {
  if (request.method !== "POST")
    return new Response(null, { status: 405, headers: { allow: "POST" } });
  const info = authInfo(caller);
  const server = await factory({ era: "legacy", authInfo: info, requestInfo: request });
  const transport = new WebStandardStreamableHTTPServerTransport({
    ...bodySize,
    enableJsonResponse: true,
  });
  await server.connect(transport);
  return transport.handleRequest(acceptingBoth(request), { authInfo: info });
}

/** Whether this is an older client's handshake. Such requests are small, and name no protocol version yet. */
async function opensSession(request: Request): Promise<boolean> {
  const { headers, method } = request;
  if (method !== "POST" || headers.has(SESSION_HEADER) || headers.has("mcp-method")) return false;
  const length = Number(headers.get("content-length") ?? Infinity);
  if (length > MAX_OPENING_BYTES) return false;
  return /"method"\s*:\s*"initialize"/.test(await request.clone().text());
}

/** Names the client, so that it can cancel its calls later on. */
function withSession(response: Response): Response {
  const named = new Response(response.body, response);
  named.headers.set(SESSION_HEADER, crypto.randomUUID());
  return named;
}
