import {
  CLIENT_INFO_META_KEY,
  type McpRequestContext,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { type ErrorCode, logLine, toAppError } from "../../../sdk/contract/index.ts";
import { callerOf } from "./request.ts";

const MAX_CLIENT_CHARS = 64;

/**
 * Runs a tool and logs the call at `debug`: who called what, for how long, with which outcome, and in which
 * era, so that it shows when the older one is not used any more.
 */
export async function logged<Result>(
  context: McpRequestContext,
  request: ServerContext,
  tool: string,
  run: () => Promise<Result>,
): Promise<Result> {
  const startedAt = Date.now();
  const tell = (outcome: "completed" | "failed", error?: ErrorCode) => {
    const { env, realm, actor, requestId } = callerOf(context);
    logLine(env, "debug", "mcp_call", {
      realm,
      actor,
      request: requestId,
      era: context.era,
      client: clientOf(context, request),
      method: "tools/call",
      tool,
      duration_ms: Date.now() - startedAt,
      outcome,
      error,
    });
  };
  try {
    const result = await run();
    tell("completed");
    return result;
  } catch (cause) {
    tell("failed", toAppError(cause).code);
    throw cause;
  }
}

/** Newer clients name themselves with each request, older ones only in their handshake: there what sends the request must do. */
function clientOf({ requestInfo }: McpRequestContext, { mcpReq }: ServerContext): string {
  const envelope: Record<string, unknown> = mcpReq.envelope ?? {};
  const info = envelope[CLIENT_INFO_META_KEY];
  const named = typeof info === "object" && info !== null && "name" in info ? info.name : undefined;
  const [product = ""] = (requestInfo?.headers.get("user-agent") ?? "").split(/[\s/]/, 1);
  return (typeof named === "string" ? named : product).slice(0, MAX_CLIENT_CHARS);
}
