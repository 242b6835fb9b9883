import { connectionClosed } from "./errors.ts";
import type { Socket, SocketListener } from "./transport.ts";

const ABNORMAL = 1006;

/** What the SDK uses of a WebSocket's events. */
export interface WebSocketEvent {
  type: string;
  data?: unknown;
  code?: number;
  reason?: string;
}

/** What the SDK uses of a WebSocket. */
export interface WebSocketLike extends Socket {
  addEventListener(type: string, listener: (event: WebSocketEvent) => void): void;
  /** Workers only: a socket that came with a response is silent until it is accepted. */
  accept?(): void;
}

/** A WebSocket class, as browsers have it. */
export type WebSocketClass = new (url: string, protocols?: string[]) => WebSocketLike;

/** What this runtime's sockets can do. Electron's pages have Node's globals and a browser's sockets. */
export const runtime = {
  isWorker: "WebSocketPair" in globalThis,
  isNode:
    "process" in globalThis && !("document" in globalThis) && !("WebSocketPair" in globalThis),
};

/** This runtime's own WebSocket class. */
export function globalWebSocket(): WebSocketClass {
  // Node, browsers and Workers declare the same class in three ways that do not match.
  return (globalThis as unknown as { WebSocket: WebSocketClass }).WebSocket;
}

/** Opens a socket of Node's class, which takes headers where the standard has protocols. */
export function openWithHeaders(url: string, headers: Record<string, string>): WebSocketLike {
  const NodeWebSocket = globalWebSocket() as unknown as new (
    url: string,
    options: { headers: Record<string, string> },
  ) => WebSocketLike;
  return new NodeWebSocket(url, { headers });
}

/** Tells the listener what a socket receives; resolves when the socket can send. */
export function listen(socket: WebSocketLike, listener: SocketListener): Promise<void> {
  const opened = Promise.withResolvers<void>();
  let isClosed = false;
  const closed = ({ code = ABNORMAL, reason = "" }: Partial<WebSocketEvent>): void => {
    if (isClosed) return;
    isClosed = true;
    opened.reject(connectionClosed("The deployment cannot be reached", { details: { code } }));
    listener.closed(code, reason);
  };
  socket.addEventListener("open", () => opened.resolve());
  socket.addEventListener("message", ({ data }) => listener.message(data));
  socket.addEventListener("close", closed);
  // Not every runtime tells of a close after an error.
  socket.addEventListener("error", () => closed({}));
  if (socket.accept) {
    socket.accept();
    opened.resolve();
  }
  return opened.promise;
}

/** A socket that can be closed at any time, also when it is closed already. */
export function closable(socket: WebSocketLike): Socket {
  return {
    send: (text) => socket.send(text),
    close: (code, reason) => {
      try {
        socket.close(code, reason);
      } catch {
        // Workers refuse to close a socket twice; it is closed, which is what was wanted.
      }
    },
  };
}
