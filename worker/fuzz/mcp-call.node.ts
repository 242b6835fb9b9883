import { check } from "../chaos/conditions.node.ts";
import { inner, type Json, parse } from "../chaos/json.node.ts";
import { type Credential, PATIENCE_MS } from "./deployment.node.ts";

const REVISION = "2026-07-28";

/** The two ways of speaking MCP over HTTP. */
export type Era = "legacy" | "modern";

/** What an MCP request is made of. */
export function mcpRequest(era: Era, method: string, params: Json): RequestInit {
  const name = params.name ?? params.uri ?? params.taskId;
  const meta = {
    "io.modelcontextprotocol/protocolVersion": REVISION,
    "io.modelcontextprotocol/clientCapabilities": {
      extensions: method.startsWith("tasks/") ? { "io.modelcontextprotocol/tasks": {} } : {},
    },
  };
  const said = era === "modern" ? { ...params, _meta: meta } : params;
  const modern = { "mcp-protocol-version": REVISION, "mcp-method": method };
  const isHeader = typeof name === "string" && /^[\x21-\x7e]+$/.test(name);
  return {
    method: "POST",
    headers: {
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      ...(era === "modern" && modern),
      ...(era === "modern" && isHeader && { "mcp-name": name }),
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: said }),
  };
}

/** Calls a tool that must succeed. @throws {Violation} */
export async function callTool(
  url: string,
  realm: string,
  { credential, name, args }: { credential: Credential; name: string; args: Json },
): Promise<Json> {
  const { headers, ...init } = mcpRequest("modern", "tools/call", { name, arguments: args });
  const response = await fetch(`${url}/realms/${realm}/mcp`, {
    ...init,
    headers: { ...(headers as Record<string, string>), ...credential.headers },
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const text = await response.text();
  const { result } = parse(/^data: (.+)$/m.exec(text)?.[1] ?? text);
  check(inner(result).structuredContent !== undefined, `${name}: ${text}`);
  return inner(inner(result).structuredContent);
}
