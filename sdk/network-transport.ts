import {
  connectionClosed,
  errorFromWire,
  invalidResponse,
  MeerkatError,
  meerkatError,
} from "./errors.ts";
import { isRecord, parseJson } from "./json.ts";
import { abortable } from "./retry.ts";
import type { OutgoingMessage, Socket, SocketListener, Transport } from "./transport.ts";
import {
  closable,
  globalWebSocket,
  listen,
  openWithHeaders,
  runtime,
  type WebSocketClass,
  type WebSocketLike,
} from "./web-socket.ts";

/** How requests go out: the global `fetch`, or that of a Worker's service binding. */
export type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

/** One request and its answer: as much of `fetch` as calls without a socket need. */
export type Exchange = (
  url: string,
  request: {
    method: string;
    headers: Record<string, string>;
    body?: string;
    signal?: AbortSignal | null;
  },
) => Promise<{ status: number; text(): Promise<string> }>;

/** Where a deployment is, and who asks. */
export interface NetworkOptions {
  /** The deployment's address; "http://127.0.0.1:8080" when left out. */
  url?: string | undefined;
  /** Bearer token. */
  token?: string | undefined;
  /** The realm; the deployment's default one when left out. */
  realmId?: string | undefined;
  /** A label for this client; it does not partition anything. */
  instanceId?: string | undefined;
  /** Sends requests; outside browsers it also opens sockets, by `Upgrade`, unless `webSocket` does. */
  fetch?: Fetch | undefined;
  /** Sends requests in place of `fetch`, and leaves sockets as they are. */
  exchange?: Exchange | undefined;
  /** Opens sockets, with a ticket in place of the token. */
  webSocket?: WebSocketClass | undefined;
}

const DEFAULT_URL = "http://127.0.0.1:8080";
const PROTOCOL = "meerkat.v1";
/** Below 500, what a proxy says when the deployment did not answer yet. */
const unanswered: ReadonlySet<number> = new Set([408, 425, 429]);

/** JSON-RPC over HTTP requests and WebSockets, in Node, browsers and Workers. */
export class NetworkTransport implements Transport {
  readonly #options: NetworkOptions;
  readonly #base: string;
  readonly #rpcUrl: string;
  readonly #fetch: Fetch;
  readonly #exchange: Exchange;
  readonly #authorization: Record<string, string>;

  /** @throws {MeerkatError} `INVALID_ARGS` for an address that is none. */
  constructor(options: NetworkOptions) {
    const { url = DEFAULT_URL, realmId, instanceId, token } = options;
    if (!/^https?:\/\/[^/]/.test(url)) {
      throw new MeerkatError("INVALID_ARGS", `Not an http or https URL: ${url}`);
    }
    const realm = realmId === undefined ? "" : `/realms/${encodeURIComponent(realmId)}`;
    const label = instanceId === undefined ? "" : `?instance_id=${encodeURIComponent(instanceId)}`;
    this.#options = options;
    this.#base = url.replace(/\/+$/, "") + realm;
    this.#rpcUrl = `${this.#base}/rpc${label}`;
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
    this.#exchange = options.exchange ?? ((input, init) => this.#fetch(input, init));
    this.#authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  async post(request: OutgoingMessage, signal?: AbortSignal): Promise<Record<string, unknown>> {
    const { status, body } = await this.#send(this.#rpcUrl, request, signal);
    // Without the request's id it is the way in that was refused, not the request.
    const isReply = isRecord(body) && body.id !== null;
    if (isReply && ("result" in body || isRecord(body.error))) return body;
    throw refusal(status, body);
  }

  async open(listener: SocketListener, signal?: AbortSignal): Promise<Socket> {
    const socket = await this.#dial(signal);
    try {
      await abortable(listen(socket, listener), signal);
    } catch (error) {
      closable(socket).close();
      throw error;
    }
    return closable(socket);
  }

  async #dial(signal?: AbortSignal): Promise<WebSocketLike> {
    const { fetch, webSocket } = this.#options;
    const url = this.#rpcUrl.replace(/^http/, "ws");
    if (webSocket) return this.#dialWithTicket(webSocket, url, signal);
    if (runtime.isWorker || (fetch && runtime.isNode)) return this.#upgrade(signal);
    if (runtime.isNode) return openWithHeaders(url, this.#authorization);
    return this.#dialWithTicket(globalWebSocket(), url, signal);
  }

  async #upgrade(signal?: AbortSignal): Promise<WebSocketLike> {
    const headers = { ...this.#authorization, upgrade: "websocket" };
    // The signal bounds the opening only; given to `fetch`, it would cut the open socket too.
    const opening = reached(this.#fetch(this.#rpcUrl, { headers }));
    const response = await abortable(opening, signal);
    // Workers add the socket to the response.
    const { webSocket } = response as Response & { webSocket?: WebSocketLike | null };
    if (!webSocket) throw refusal(response.status, parseJson(await response.text()));
    return webSocket;
  }

  /** A page cannot set headers on a socket: it trades its token for a ticket that opens one. */
  async #dialWithTicket(
    Class: WebSocketClass,
    url: string,
    signal?: AbortSignal,
  ): Promise<WebSocketLike> {
    if (this.#options.token === undefined) return new Class(url);
    const { status, body } = await this.#send(`${this.#base}/tickets`, { scope: "rpc" }, signal);
    if (!isRecord(body) || typeof body.ticket !== "string") throw refusal(status, body);
    return new Class(url, [PROTOCOL, `ticket.${body.ticket}`]);
  }

  async #send(url: string, message: object, signal?: AbortSignal) {
    const headers = { ...this.#authorization, "content-type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify(message), signal: signal ?? null };
    try {
      const response = await reached(this.#exchange(url, init));
      const text = await reached(response.text());
      return { status: response.status, body: parseJson(text) };
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  }
}

async function reached<Value>(answer: Promise<Value>): Promise<Value> {
  try {
    return await answer;
  } catch (cause) {
    throw connectionClosed("The deployment cannot be reached", { cause });
  }
}

/** What an HTTP answer that is no JSON-RPC means: an error of a REST route, or of something before it. */
function refusal(status: number, body: unknown): MeerkatError {
  if (isRecord(body) && isRecord(body.error)) return errorFromWire(body.error);
  if (isRecord(body) && typeof body.code === "string") {
    return meerkatError(body.code, String(body.error), { details: body.details });
  }
  const details = { status };
  if (status === 401)
    return new MeerkatError("UNAUTHORIZED", "The token is not accepted", { details });
  const message = `The deployment answered with HTTP status ${status}`;
  const isPassing = status >= 500 || unanswered.has(status);
  return isPassing ? connectionClosed(message, { details }) : invalidResponse(message, { details });
}
