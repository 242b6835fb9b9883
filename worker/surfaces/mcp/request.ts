import type { AuthInfo, McpRequestContext, RequestId } from "@modelcontextprotocol/server";
import type { Caller } from "../../call.ts";

/** The header by which older clients are told apart. It names nothing that is stored: no request needs it. */
export const SESSION_HEADER = "mcp-session-id";

const SESSION_ID = /^[\w-]{1,64}$/;

/** Hands our caller through the SDK, which knows only its own kind. */
export function authInfo(caller: Caller): AuthInfo {
  return { token: "", clientId: "", scopes: [...caller.scopes], extra: { caller } };
}

/** The other end of `authInfo`. */
export function callerOf({ authInfo }: McpRequestContext): Caller {
  // Every request comes through `authInfo` above.
  return authInfo?.extra?.["caller"] as Caller;
}

/** The name under which a later notification can cancel a call; none for clients without a session header. */
export function callIdOf(
  { requestInfo }: McpRequestContext,
  requestId: RequestId,
): string | undefined {
  const session = requestInfo?.headers.get(SESSION_HEADER);
  if (!session || !SESSION_ID.test(session)) return undefined;
  return `call-${session}-${JSON.stringify(requestId)}`;
}
