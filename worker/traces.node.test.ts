import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { LLMock } from "@copilotkit/aimock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freshStateRoot, type Served, startServe, until } from "../cli/test-support.ts";

interface OtlpValue {
  stringValue?: string;
  intValue?: string;
  arrayValue?: { values: OtlpValue[] };
}

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: OtlpValue }[];
  status: { code: number };
}

interface OtlpRequest {
  resourceSpans: { resource: object; scopeSpans: { spans: OtlpSpan[] }[] }[];
}

const canary = "canary-content-9001";
const secret = "canary-collector-9002";
const traceId = "0af7651916cd43dd8448eb211c80319c";
const callerSpan = "b7ad6b7169203331";

/** A collector that speaks OTLP/HTTP in JSON, and answers as the test wants. */
class Collector {
  readonly spans: OtlpSpan[] = [];
  readonly requests: { url: string | undefined; headers: NodeJS.Dict<string | string[]> }[] = [];
  status = 200;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => void this.#take(request, response));
    this.#server.listen(0, "127.0.0.1");
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/otlp`;
  }

  /** The spans of a session's turn, once the turn's own has come: it comes last. */
  async trace(sessionId: string): Promise<OtlpSpan[]> {
    const isMine = (span: OtlpSpan) => valueOf(span, "gen_ai.conversation.id") === sessionId;
    const mine = () => this.spans.filter(isMine);
    await until(() => mine().some(({ name }) => name === "invoke_agent"));
    return mine();
  }

  close(): void {
    this.#server.close();
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests.push({ url: request.url, headers: request.headers });
    const { resourceSpans } = (await json(request)) as OtlpRequest;
    const scopes = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans);
    if (this.status === 200) this.spans.push(...scopes.flatMap(({ spans }) => spans));
    response.writeHead(this.status, { "content-type": "application/json" }).end("{}");
  }
}

function valueOf({ attributes }: OtlpSpan, name: string): unknown {
  const value = attributes.find(({ key }) => key === name)?.value;
  const [first] = value?.arrayValue?.values ?? [];
  return value?.stringValue ?? value?.intValue ?? first?.stringValue;
}

describe("a server with a collector", () => {
  const mock = new LLMock({ port: 0 });
  const collector = new Collector();
  let server: Served;

  beforeAll(async () => {
    const call = { id: "call_1", name: "datetime", arguments: JSON.stringify({ city: canary }) };
    mock.addFixtures([
      {
        match: { userMessage: "time", hasToolResult: false },
        response: { content: canary, toolCalls: [call] },
      },
      { match: { userMessage: "time", hasToolResult: true }, response: { content: canary } },
      { match: { userMessage: "hello" }, response: { content: "Hello yourself." } },
      { match: { userMessage: "fail" }, response: { error: { message: canary }, status: 400 } },
    ]);
    server = await startServe(freshStateRoot(), {
      ANTHROPIC_API_KEY: "test",
      ANTHROPIC_BASE_URL: await mock.start(),
      RKAT_OTLP_ENDPOINT: collector.url,
      RKAT_OTLP_HEADERS: `x-api-key=${secret}%3D`,
    });
  });

  afterAll(async () => {
    await server.end("SIGTERM");
    await mock.stop();
    collector.close();
  });

  async function run(prompt: string, headers: Record<string, string> = {}) {
    const response = await fetch(`${server.url}/sessions`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ prompt, model: "claude-sonnet-4-6", enable_builtins: true }),
    });
    const body = await response.json();
    const { session_id: id, details = {} } = body as { session_id?: string; details?: object };
    return id ?? (details as { session_id: string }).session_id;
  }

  it("sends a turn's spans, in the caller's trace", async () => {
    const traceparent = `00-${traceId}-${callerSpan}-01`;
    const session = await run(`${canary}: what time is it?`, { traceparent });

    const spans = await collector.trace(session);

    const turn = spans.find(({ name }) => name === "invoke_agent");
    expect(turn).toMatchObject({ traceId, parentSpanId: callerSpan, kind: 1, status: { code: 0 } });
    expect(spans.map(({ name }) => name)).toEqual([
      "chat claude-sonnet-4-6",
      "execute_tool datetime",
      "chat claude-sonnet-4-6",
      "invoke_agent",
    ]);
    const [first, tool, second] = spans;
    for (const child of [first, tool, second]) {
      expect(child).toMatchObject({ traceId, parentSpanId: turn?.spanId });
      expect(Number(child?.startTimeUnixNano)).toBeGreaterThanOrEqual(
        Number(turn?.startTimeUnixNano),
      );
      expect(Number(child?.endTimeUnixNano)).toBeLessThanOrEqual(Number(turn?.endTimeUnixNano));
    }
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(4);
    expect(attributesOf(second)).toMatchObject({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "anthropic",
      "gen_ai.request.model": "claude-sonnet-4-6",
      "gen_ai.response.finish_reasons": "end_turn",
      "gen_ai.usage.input_tokens": expect.stringMatching(/^\d+$/),
      "gen_ai.usage.output_tokens": expect.stringMatching(/^\d+$/),
    });
    expect(attributesOf(first)).toMatchObject({ "gen_ai.response.finish_reasons": "tool_use" });
    expect(attributesOf(tool)).toMatchObject({
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": "datetime",
      "gen_ai.tool.call.id": "call_1",
    });
    const [request] = collector.requests;
    expect(request?.url).toBe("/otlp/v1/traces");
    expect(request?.headers).toMatchObject({ "x-api-key": `${secret}=` });
    expect(JSON.stringify(spans)).not.toContain(canary);
  });

  it("says what kind of error it was", async () => {
    const spans = await collector.trace(await run("fail"));

    expect(spans.map(({ status }) => status.code)).toEqual([2, 2]);
    const [call, turn] = spans;
    expect(attributesOf(call)).toMatchObject({ "error.type": "invalid_request" });
    expect(attributesOf(turn)).toMatchObject({ "error.type": "PROVIDER_ERROR" });
    expect(JSON.stringify(spans)).not.toContain(canary);
  });

  it("sends nothing of a trace that its caller does not record", async () => {
    const unrecorded = await run("hello", { traceparent: `00-${traceId}-${callerSpan}-00` });
    const recorded = await run("hello");

    const spans = await collector.trace(recorded);

    expect(spans).toHaveLength(2);
    expect(spans.some((span) => span.parentSpanId === callerSpan)).toBe(false);
    const sessions = collector.spans.map((span) => valueOf(span, "gen_ai.conversation.id"));
    expect(sessions).not.toContain(unrecorded);
  });

  it("answers although the collector does not take them, and logs that without secrets", async () => {
    collector.status = 503;
    const before = collector.requests.length;
    const session = await run("hello");
    await until(() => collector.requests.length > before);
    collector.status = 200;
    const next = await run("hello");
    await collector.trace(next);

    const { stderr } = await server.end("SIGTERM");
    expect(session).toEqual(expect.any(String));
    expect(stderr).toContain("2 spans were lost: the collector answered 503");
    expect(stderr).not.toContain(secret);
    expect(stderr).not.toContain(canary);
    const lines = stderr.split("\n").filter((line) => line.startsWith('{"event":"turn"'));
    const parsed = lines.map((line) => JSON.parse(line) as { session: string; trace: string });
    expect(parsed).toHaveLength(6);
    expect(new Set(parsed.map((line) => line.session)).size).toBe(6);
    expect(parsed[0]?.trace).toBe(traceId);
  });
});

function attributesOf(span: OtlpSpan | undefined): Record<string, unknown> {
  const names = span?.attributes.map(({ key }) => key) ?? [];
  return Object.fromEntries(names.map((name) => [name, span && valueOf(span, name)]));
}
