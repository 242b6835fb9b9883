import { exports } from "cloudflare:workers";
import type { Json } from "./tool.ts";

const REVISION = "2026-07-28";
const TASKS = "io.modelcontextprotocol/tasks";

interface Told {
  session_id: string;
  event: Json & { type: string; seq: number };
}

/** A message as the server sent it. */
export interface Message {
  id?: unknown;
  method?: string;
  params?: Json & { data?: Told; progress?: number };
  result?: Json & { content?: { text: string }[]; structuredContent?: Json; isError?: boolean };
  error?: { code: number; message: string; data?: Json };
}

/** How a test speaks: the era, and what it says of itself. */
export interface Speaker {
  era: "legacy" | "modern";
  realm?: string;
  sessionId?: string;
  headers?: Record<string, string>;
  takesTasks?: boolean;
}

/** An MCP client for tests: raw requests, and every message that came, in order. */
export class McpTestClient {
  readonly #speaker: Speaker;
  #lastId = 0;

  constructor(speaker: Speaker) {
    this.#speaker = speaker;
  }

  /** Sends a request and gives its exchange as soon as the answer begins. */
  async send(method: string, params: Json = {}, signal?: AbortSignal): Promise<Exchange> {
    this.#lastId += 1;
    const { era, realm, sessionId, headers } = this.#speaker;
    const name = params["name"] ?? params["uri"] ?? params["taskId"];
    const modern = {
      "mcp-protocol-version": REVISION,
      "mcp-method": method,
      ...(typeof name === "string" ? { "mcp-name": name } : {}),
    };
    const body = {
      jsonrpc: "2.0",
      id: this.#lastId,
      method,
      params: era === "modern" ? { ...params, _meta: this.#meta(params) } : params,
    };
    const response = await post(
      realm,
      body,
      {
        ...(era === "modern" ? modern : {}),
        ...(sessionId ? { "mcp-session-id": sessionId } : {}),
        ...headers,
      },
      signal,
    );
    return new Exchange(this.#lastId, response);
  }

  /** Sends a request and waits for its whole answer. */
  async ask(method: string, params?: Json): Promise<Message> {
    return (await this.send(method, params)).answer();
  }

  /** Calls a tool and waits for its result, failed or not. */
  async call(name: string, args: Json = {}): Promise<NonNullable<Message["result"]>> {
    const { result, error } = await this.ask("tools/call", { name, arguments: args });
    if (!result) throw new Error(`${name}: ${JSON.stringify(error)}`);
    return result;
  }

  /** Calls a tool that must succeed, and gives what it tells programs. */
  async payload<Payload = Json>(name: string, args?: Json): Promise<Payload> {
    const { isError, structuredContent, content } = await this.call(name, args);
    if (isError || !structuredContent) throw new Error(`${name}: ${content?.[0]?.text}`);
    // Each test says what it expects in there.
    return structuredContent as Payload;
  }

  /** Calls a tool that must fail, and gives what a model would read. */
  async failure(name: string, args?: Json): Promise<Json> {
    const result = await this.call(name, args);
    if (!result.isError) throw new Error(`${name} did not fail`);
    return JSON.parse(result.content?.[0]?.text ?? "");
  }

  /** Says that it gives up on a call, as the older revisions do. */
  async cancel(requestId: number): Promise<void> {
    const { realm, sessionId = "" } = this.#speaker;
    const method = "notifications/cancelled";
    const body = { jsonrpc: "2.0", method, params: { requestId } };
    const response = await post(realm, body, { "mcp-session-id": sessionId });
    await response.body?.cancel();
  }

  #meta(params: Json): Json {
    const { takesTasks } = this.#speaker;
    const capabilities = takesTasks ? { extensions: { [TASKS]: {} } } : {};
    return {
      "io.modelcontextprotocol/protocolVersion": REVISION,
      "io.modelcontextprotocol/clientCapabilities": capabilities,
      ...(params["_meta"] as Json | undefined),
    };
  }
}

/** One request's answer, read as it comes. */
export class Exchange {
  readonly id: number;
  readonly status: number;
  readonly headers: Headers;
  readonly messages: Message[] = [];
  readonly #reader: ReadableStreamDefaultReader<string> | undefined;
  readonly #isStream: boolean;
  #rest = "";

  constructor(id: number, { status, headers, body }: Response) {
    this.id = id;
    this.status = status;
    this.headers = headers;
    this.#isStream = headers.get("content-type")?.startsWith("text/event-stream") ?? false;
    this.#reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** The first message that fits, come already or not. */
  async until(fits: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const found = this.messages.find(fits);
      if (found) return found;
      if (!(await this.#read())) throw new Error(`over: ${this.status} ${this.#rest}`);
    }
  }

  /** The answer itself, which is the last message. */
  answer(): Promise<Message> {
    return this.until((message) => "result" in message || "error" in message);
  }

  /** The events of the turn that were told so far. */
  get events() {
    return this.messages.flatMap(({ params }) => (params?.data ? [params.data.event] : []));
  }

  /** Hangs up, as a client that loses its network does. */
  async cut(): Promise<void> {
    await this.#reader?.cancel();
  }

  async #read(): Promise<boolean> {
    const { done, value = "" } = (await this.#reader?.read()) ?? { done: true };
    this.#rest += value;
    if (!this.#isStream) {
      if (done && this.#rest !== "") this.messages.push(JSON.parse(this.#rest));
      if (done) this.#rest = "";
      return !done || this.messages.length > 0;
    }
    const frames = this.#rest.split("\n\n");
    this.#rest = frames.pop() ?? "";
    for (const frame of frames) {
      const data = /^data: (.+)$/m.exec(frame)?.[1];
      if (data) this.messages.push(JSON.parse(data));
    }
    return !done;
  }
}

/** Posts a message to the real Worker, in whatever words. */
export function post(
  realm: string | undefined,
  body: unknown,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Response> {
  const path = realm === undefined ? "/mcp" : `/realms/${realm}/mcp`;
  return exports.default.fetch(
    new Request(`http://localhost${path}`, {
      method: "POST",
      headers: {
        accept: "application/json, text/event-stream",
        "content-type": "application/json",
        ...headers,
      },
      body: typeof body === "string" ? body : JSON.stringify(body),
      ...(signal ? { signal } : {}),
    }),
  );
}
