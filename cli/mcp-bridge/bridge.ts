import { EventSourceParserStream } from "eventsource-parser/stream";
import { isRecord, parseJson } from "../../sdk/json.ts";
import { type ClientPipe, MOST_CHARACTERS } from "../rpc-bridge/client-pipe.ts";
import type { Endpoint } from "./endpoint.ts";
import {
  type ClientMessage,
  mirrored,
  readMessage,
  type RequestId,
  unanswered,
  unreadable,
} from "./message.ts";

/** One client on standard input and output, and a deployment's `/mcp`: messages pass as they are, in both eras. */
export class McpBridge {
  readonly #pipe: ClientPipe;
  readonly #endpoint: Endpoint;
  readonly #running = new Map<RequestId, AbortController>();
  readonly #open = new Set<Promise<void>>();
  /** What an older client agreed on when it opened; it is not said again in its messages. */
  #agreed: Record<string, string> = {};

  constructor(pipe: ClientPipe, endpoint: Endpoint) {
    this.#pipe = pipe;
    this.#endpoint = endpoint;
  }

  /** Serves the client until it has closed its end and got its answers. */
  async run(): Promise<void> {
    for await (const line of this.#pipe.lines()) {
      if (line === undefined) {
        this.#pipe.send(unreadable(`The line is longer than ${MOST_CHARACTERS} characters`));
      } else if (line.trim() !== "") this.#receive(line);
    }
    await Promise.all(this.#open);
    await this.#pipe.flushed();
  }

  #receive(line: string): void {
    const message = readMessage(line);
    if (!message) this.#pipe.send(unreadable("The line is not JSON"));
    else if (!this.#cancels(message)) {
      const passed = this.#pass(message).finally(() => this.#open.delete(passed));
      this.#open.add(passed);
    }
  }

  /** From 2026-07-28 on a call is cancelled over HTTP by closing its stream; before, by the notification itself. */
  #cancels({ method, params }: ClientMessage): boolean {
    if (method !== "notifications/cancelled" || "mcp-session-id" in this.#agreed) return false;
    const { requestId } = params;
    const isId = typeof requestId === "string" || typeof requestId === "number";
    if (isId) this.#running.get(requestId)?.abort();
    return true;
  }

  async #pass(message: ClientMessage): Promise<void> {
    const { id, text } = message;
    const controller = new AbortController();
    if (id !== undefined) this.#running.set(id, controller);
    try {
      const headers = { ...this.#agreed, ...mirrored(message) };
      const response = await this.#endpoint.post(text, headers, controller.signal);
      await this.#answer(message, response);
    } catch (error) {
      if (controller.signal.aborted || id === undefined) return;
      const reason = error instanceof Error ? (error.cause ?? error) : error;
      const told = reason instanceof Error ? reason.message : String(reason);
      this.#pipe.send(unanswered(id, `The deployment did not answer: ${told}`));
    } finally {
      if (id !== undefined) this.#running.delete(id);
    }
  }

  async #answer(message: ClientMessage, response: Response): Promise<void> {
    const { headers, body } = response;
    const isStream = headers.get("content-type")?.startsWith("text/event-stream");
    let isAnswered = false;
    const tell = (text: string) => {
      const answer = parseJson(text);
      if (!isRecord(answer) || answer.jsonrpc !== "2.0") return;
      isAnswered ||= "result" in answer || "error" in answer;
      if (message.method === "initialize") this.#agree(answer, headers);
      // Who is refused at the door is told so before anybody has read the request's id.
      const isNameless = answer.id === null && message.id !== undefined;
      this.#pipe.send(isNameless ? JSON.stringify({ ...answer, id: message.id }) : text);
    };
    if (isStream && body) for await (const text of frames(body)) tell(text);
    const rest = isStream ? "" : await response.text();
    if (rest !== "") tell(rest.replaceAll("\n", " "));
    if (!isAnswered && message.id !== undefined) {
      this.#pipe.send(unanswered(message.id, ...refusal(response.status, rest)));
    }
  }

  #agree({ result }: Record<string, unknown>, headers: Headers): void {
    if (!isRecord(result) || typeof result.protocolVersion !== "string") return;
    const session = headers.get("mcp-session-id");
    this.#agreed = {
      "mcp-protocol-version": result.protocolVersion,
      ...(session ? { "mcp-session-id": session } : {}),
    };
  }
}

async function* frames(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const events = body
    // The platform's two types of one stream differ in name only.
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .pipeThrough(new EventSourceParserStream());
  for await (const { data } of events) if (data !== "") yield data;
}

/** Why a deployment refused a message, in its own words where it gave any. */
function refusal(status: number, text: string): [message: string, data: Record<string, unknown>] {
  const body = parseJson(text);
  const { error, code } = isRecord(body) ? body : {};
  const message = typeof error === "string" ? error : `The deployment answered ${status}`;
  return [message, { status, ...(typeof code === "string" ? { code } : {}) }];
}
