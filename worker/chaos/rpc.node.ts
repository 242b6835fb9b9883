import { inner, type Json, parse } from "./json.node.ts";
import type { ChaosServer } from "./server.node.ts";
import { seenOf, type View } from "./view.node.ts";

/** The connection went away under a request. */
export class Lost extends Error {}

/** One connection of a JSON-RPC client of our own: nothing but the protocol. */
export class RpcConnection {
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  readonly #pending = new Map<unknown, (message: Json | undefined) => void>();
  #lastId = 0;
  /** Answers what the server asks; `ping` is answered anyway. */
  onRequest: (method: string, params: Json) => unknown = () => undefined;
  onNotification: (method: string, params: Json) => void = () => {};

  static async open(server: ChaosServer, realm: string): Promise<RpcConnection> {
    const url = `${server.url.replace("http", "ws")}/realms/${realm}/rpc`;
    const socket = new WebSocket(url);
    const opened = Promise.withResolvers<void>();
    socket.addEventListener("open", () => opened.resolve());
    socket.addEventListener("error", () => opened.reject(new Lost("no connection")));
    await opened.promise;
    return new RpcConnection(socket);
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    const closed = Promise.withResolvers<void>();
    this.closed = closed.promise;
    socket.addEventListener("message", ({ data }) => this.#receive(parse(String(data))));
    socket.addEventListener("close", () => {
      for (const settle of this.#pending.values()) settle(undefined);
      this.#pending.clear();
      closed.resolve();
    });
  }

  close(): void {
    this.#socket.close();
  }

  /** The whole answer to a request. @throws {Lost} */
  async ask(method: string, params: Json): Promise<Json> {
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve } = Promise.withResolvers<Json | undefined>();
    this.#pending.set(id, resolve);
    if (this.#socket.readyState !== WebSocket.OPEN) throw new Lost(method);
    this.#socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    const answer = await promise;
    if (!answer) throw new Lost(method);
    return answer;
  }

  #receive(message: Json): void {
    const { id, method } = message;
    const params = inner(message.params);
    if (typeof method !== "string") {
      this.#pending.get(id)?.(message);
      this.#pending.delete(id);
    } else if (id === undefined) this.onNotification(method, params);
    else {
      const result = method === "ping" ? {} : this.onRequest(method, params);
      this.#socket.send(JSON.stringify({ jsonrpc: "2.0", id, result }));
    }
  }
}

/** What a JSON-RPC client follows. */
export interface RpcWish {
  realm: string;
  sessionId: string;
  signal: AbortSignal;
}

/** Follows a session by `session/stream_open`, again at its cursor when the connection is lost. */
export async function followRpc(
  server: ChaosServer,
  view: View,
  { realm, sessionId, signal }: RpcWish,
): Promise<void> {
  const over = new AbortController();
  while (!signal.aborted && !over.signal.aborted) {
    await server.up();
    try {
      const connection = await RpcConnection.open(server, realm);
      signal.addEventListener("abort", () => connection.close(), { once: true });
      if (signal.aborted) connection.close();
      connection.onNotification = (method, params) => {
        if (method === "session/stream_event") {
          const { seq, payload } = inner(params.event);
          view.add(seenOf(seq, payload));
        } else if (method === "session/stream_end") {
          if (params.outcome === "remote_end" && params.error === undefined) over.abort();
          connection.close();
        }
      };
      const params = { session_id: sessionId, after: view.cursor };
      const { error } = await connection.ask("session/stream_open", params);
      if (error) {
        view.refused(JSON.stringify(error));
        connection.close();
        return;
      }
      await connection.closed;
    } catch (cause) {
      if (!(cause instanceof Lost)) throw cause;
    }
  }
}
