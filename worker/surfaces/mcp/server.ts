import {
  LOG_LEVEL_META_KEY,
  TRACEPARENT_META_KEY,
  type McpRequestContext,
  ProtocolError,
  ProtocolErrorCode,
  type Server,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { waitUntil } from "cloudflare:workers";
import { contractVersion } from "../../../sdk/contract/index.ts";
import type { Caller } from "../../call.ts";
import { logged } from "./call-log.ts";
import { CheckingServer } from "./checking-server.ts";
import { cancelCall } from "./cancellation.ts";
import { failed } from "./failure.ts";
import { callIdOf, callerOf } from "./request.ts";
import { serveCompletion } from "./completion.ts";
import { servePrompts } from "./prompts.ts";
import { serveResources } from "./resources.ts";
import { validTraceParent } from "../../trace-context.ts";
import { declaresTasks, serveTasks, TASKS } from "./tasks.ts";
import type { ToolCall } from "./tool.ts";
import { findTool, tools } from "./tools.ts";
import { turnTasks } from "./turn-tasks.ts";

// The first 512 characters are all that some clients show their model.
const instructions = `Meerkat runs durable agent sessions. meerkat_run starts one and waits for its answer; keep session_id. meerkat_resume sends the next prompt to it: the session remembers. Long work: pass wait:false, then meerkat_event_stream_open and meerkat_event_stream_read until run_completed. A lost connection loses nothing: open a stream with after = the last seq you saw, or use meerkat_read. status pending_tool_call: run the tools, answer with meerkat_resume and tool_results. meerkat_interrupt stops a turn.`;

const { major, minor, patch } = contractVersion;
const LISTS_MS = 300_000;
const forAll = { ttlMs: LISTS_MS, cacheScope: "public" as const };

/** The server of one request: it knows who asks, and nothing from before. */
export function createServer(context: McpRequestContext): Server {
  const caller = callerOf(context);
  const server = new CheckingServer(
    { name: "meerkat-edge", title: "Meerkat Edge", version: `${major}.${minor}.${patch}` },
    {
      instructions,
      capabilities: {
        tools: {},
        resources: {},
        prompts: {},
        completions: {},
        logging: {},
        ...(context.era === "modern" ? { extensions: { [TASKS]: {} } } : {}),
      },
      cacheHints: {
        "server/discover": forAll,
        "tools/list": forAll,
        "prompts/list": forAll,
        "resources/templates/list": forAll,
      },
    },
  );
  serveTools(server, context, caller);
  serveResources(server, caller);
  servePrompts(server, caller);
  serveCompletion(server, caller);
  if (context.era === "modern") serveTasks(server, turnTasks(caller));
  else serveCancellation(server, context, caller);
  return server;
}

function serveTools(server: Server, context: McpRequestContext, caller: Caller): void {
  server.setRequestHandler("tools/list", () => ({
    tools: tools.map(({ run: _run, isLong: _isLong, needs: _needs, ...tool }) => tool),
  }));
  server.setRequestHandler("tools/call", async ({ params }, request) => {
    const tool = findTool(params.name);
    if (!tool) {
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${params.name}`);
    }
    try {
      return await logged(context, request, tool.name, () =>
        tool.run(params.arguments ?? {}, toolCall(context, request, caller)),
      );
    } catch (cause) {
      return failed(cause);
    }
  });
}

function toolCall(context: McpRequestContext, request: ServerContext, caller: Caller): ToolCall {
  const { mcpReq } = request;
  const isModern = context.era === "modern";
  const envelope: Record<string, unknown> = mcpReq.envelope ?? {};
  const level = envelope[LOG_LEVEL_META_KEY] ?? "info";
  // A call's own place in its client's trace is nearer than that of the request around it.
  const traceparent = validTraceParent(mcpReq._meta?.[TRACEPARENT_META_KEY]) ?? caller.traceparent;
  return {
    caller: { ...caller, traceparent },
    signal: mcpReq.signal,
    leavingCancels: isModern,
    takesTasks: isModern && declaresTasks(request),
    callId: isModern ? undefined : callIdOf(context, mcpReq.id),
    progressToken: mcpReq._meta?.progressToken,
    // Asking for the stream is asking for its messages, unless the client only wants to hear of trouble.
    wantsMessages: level === "info" || level === "debug",
    notify: (notification) => mcpReq.notify(notification),
  };
}

/** Until 2025-11-25 a client cancels by a notification of its own, which meets another isolate than the call. */
function serveCancellation(server: Server, context: McpRequestContext, caller: Caller): void {
  server.setNotificationHandler("notifications/cancelled", ({ params }) => {
    const { requestId } = params;
    const callId = requestId === undefined ? undefined : callIdOf(context, requestId);
    if (callId !== undefined && caller.scopes.includes("run")) {
      waitUntil(cancelCall(callId, caller));
    }
  });
}
