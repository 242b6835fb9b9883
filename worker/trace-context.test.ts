import { env, tracing } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { app } from "./app.ts";
import { ORIGIN } from "./test-support.ts";
import { McpTestClient } from "./surfaces/mcp/test-client.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const spanId = "b7ad6b7169203331";
const traceparent = `00-${traceId}-${spanId}-01`;
const turn = { prompt: "Hello", model: "demo" };

type Line = Record<string, unknown>;

let lines: Line[];

beforeEach(() => {
  lines = [];
  for (const level of ["debug", "info"] as const) {
    vi.spyOn(console, level).mockImplementation(
      (text: string) => void lines.push(JSON.parse(text)),
    );
  }
});

afterEach(() => vi.restoreAllMocks());

/** What a turn's line says of its trace, for a request with these headers. */
async function traceOf(headers: Record<string, string>): Promise<unknown> {
  const body = JSON.stringify(turn);
  const init = {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  };
  const response = await app.fetch(new Request(`${ORIGIN}/sessions`, init), env);
  const { run_id }: { run_id: string } = await response.json();
  const trace = lines.find(({ run }) => run === run_id)?.["trace"];
  return trace === run_id.replaceAll("-", "") ? "its own" : trace;
}

describe("a turn's trace", () => {
  it.each([
    ["the caller's", { traceparent }, traceId],
    ["the caller's, in a later version", { traceparent: `01-${traceId}-${spanId}-00-x` }, traceId],
    ["its own without one", {}, "its own"],
    ["its own for a malformed one", { traceparent: `00-${traceId}-${spanId}` }, "its own"],
    ["its own for zeros", { traceparent: `00-${"0".repeat(32)}-${spanId}-01` }, "its own"],
    ["its own for no version", { traceparent: `ff-${traceId}-${spanId}-01` }, "its own"],
    ["its own for more than there is", { traceparent: `${traceparent}-x` }, "its own"],
  ])("is %s", async (_what, headers, expected) => {
    expect(await traceOf(headers as Record<string, string>)).toBe(expected);
  });

  it("is the platform's, where that records one", async () => {
    const setAttributes = vi.fn<(attributes: object) => void>();
    const spanContext = () => ({ traceId, spanId, traceFlags: 1 });
    const span = { isTraced: true, spanContext, setAttributes } as unknown as Span;
    vi.spyOn(Object.getPrototypeOf(tracing), "getActiveSpan").mockReturnValue(span);

    expect(await traceOf({})).toBe(traceId);
    expect(setAttributes).toHaveBeenCalledWith({
      "meerkat.operation": "session/create",
      "meerkat.realm": "default",
    });
  });

  it("is that of the tool's call, over MCP", async () => {
    const client = new McpTestClient({ era: "modern", headers: { traceparent: "none" } });
    const params = { name: "meerkat_run", arguments: turn, _meta: { traceparent } };
    const { result } = await client.ask("tools/call", params);
    const { run_id } = result?.structuredContent ?? {};

    expect(lines.find(({ run }) => run === run_id)).toMatchObject({ trace: traceId });
  });
});

describe("a call over MCP", () => {
  const ask = async (level: string, name: string, args: object) => {
    const message = { jsonrpc: "2.0", id: 1, method: "tools/call" };
    const headers = {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "user-agent": "some-client/1.2",
    };
    const body = JSON.stringify({ ...message, params: { name, arguments: args } });
    const request = new Request(`${ORIGIN}/mcp`, { method: "POST", headers, body });
    const response = await app.fetch(request, { ...env, RKAT_LOG_LEVEL: level });
    await response.text();
    return lines.filter(({ event }) => event === "mcp_call");
  };

  it("is a line for those who ask for every request", async () => {
    expect(await ask("debug", "meerkat_capabilities", {})).toEqual([
      {
        event: "mcp_call",
        level: "debug",
        realm: "default",
        actor: "open",
        era: "legacy",
        client: "some-client",
        method: "tools/call",
        tool: "meerkat_capabilities",
        duration_ms: expect.any(Number),
        outcome: "completed",
      },
    ]);
  });

  it("says how it failed, and nothing else of it", async () => {
    const session_id = "0193f2a0-0000-7000-8000-000000000000";

    const [line] = await ask("debug", "meerkat_read", { session_id });

    expect(line).toMatchObject({ outcome: "failed", error: "SESSION_NOT_FOUND" });
    expect(JSON.stringify(line)).not.toContain(session_id);
  });

  it("is none by default", async () => {
    expect(await ask("info", "meerkat_capabilities", {})).toEqual([]);
  });
});
