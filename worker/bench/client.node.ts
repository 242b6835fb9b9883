import { once } from "node:events";
import { Agent, get, type IncomingMessage, request as httpRequest } from "node:http";
import { RpcSocket } from "./rpc-socket.node.ts";

/** Someone who follows a stream until told to stop. */
export interface Watching {
  close(): void;
}

/** Takes bytes as they come. */
export type OnBytes = (bytes: Buffer) => void;

const agent = new Agent({ keepAlive: true });

/** Sends JSON and reads the JSON answer; connections are kept, as by any real client. */
export async function post(url: string, body: unknown): Promise<Record<string, unknown>> {
  const headers = { "content-type": "application/json" };
  const outgoing = httpRequest(url, { method: "POST", agent, headers });
  outgoing.end(JSON.stringify(body));
  // The event's only argument.
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  const text = await textOf(response);
  if (response.statusCode !== 200) throw new Error(`POST ${url}: ${response.statusCode} ${text}`);
  return JSON.parse(text);
}

/** Reads a whole text. */
export async function read(url: string): Promise<string> {
  const [response] = (await once(get(url, { agent }), "response")) as [IncomingMessage];
  return textOf(response);
}

/** Reads a streamed answer to its end. */
export async function stream(url: string, onBytes: OnBytes): Promise<void> {
  const [response] = (await once(get(url, { agent }), "response")) as [IncomingMessage];
  response.on("data", onBytes);
  await once(response, "end");
}

/** Follows a session's events; resolves with the headers, so after the session was joined. */
export async function follow(url: string, onBytes: OnBytes, cursor?: number): Promise<Watching> {
  const headers = cursor === undefined ? {} : { "last-event-id": String(cursor) };
  const outgoing = get(url, { agent: false, headers });
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`GET ${url}: ${await textOf(response)}`);
  response.on("data", onBytes);
  // Whoever hangs up before the end hears of it as an error.
  response.on("error", () => {});
  outgoing.on("error", () => {});
  return { close: () => outgoing.destroy() };
}

/** How a session can be followed. */
export type Protocol = "SSE" | "/rpc";

/** Follows a session over one of the protocols; resolves once every later event is sure to come. */
export async function watch(
  base: string,
  sessionId: string,
  protocol: Protocol,
  onBytes: OnBytes,
): Promise<Watching> {
  if (protocol === "SSE") return follow(`${base}/sessions/${sessionId}/events`, onBytes);
  const opened = Promise.withResolvers<void>();
  const socket = await RpcSocket.connect(`${base}/rpc`, (bytes) => {
    onBytes(bytes);
    if (bytes.includes('"opened":true')) opened.resolve();
  });
  const params = { session_id: sessionId };
  socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "session/stream_open", params }));
  await opened.promise;
  return socket;
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  // No encoding is set, so a chunk is never a string.
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
