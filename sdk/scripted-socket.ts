import type { Params } from "./scripted-session.ts";
import type { OutgoingMessage, Socket, SocketListener } from "./transport.ts";

/** What a socket needs of its deployment. */
export interface SocketHost {
  /** One step per notification: "now" cuts the connection in its place. */
  cutAfter: (undefined | "now")[];
  serve(message: OutgoingMessage, socket: ScriptedSocket): Promise<void>;
}

/** One client's socket, seen from the deployment. */
export class ScriptedSocket implements Socket {
  readonly received: OutgoingMessage[] = [];
  readonly #listener: SocketListener;
  readonly #deployment: SocketHost;
  isOpen = true;
  /** Half open: nothing arrives any more, and nobody says so. */
  isDeaf = false;
  /** Open streams by id: how to end each. */
  readonly streams = new Map<string, () => void>();

  constructor(deployment: SocketHost, listener: SocketListener) {
    this.#deployment = deployment;
    this.#listener = listener;
  }

  send(text: string): void {
    const message = JSON.parse(text) as OutgoingMessage;
    this.received.push(message);
    if (message.method !== undefined) void this.#deployment.serve(message, this);
  }

  close(): void {
    this.cut(1000);
  }

  /** Closes it as the deployment or the network would. */
  cut(code = 1006): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    for (const end of this.streams.values()) end();
    queueMicrotask(() => this.#listener.closed(code, ""));
  }

  deliver(message: object): void {
    this.deliverRaw(JSON.stringify({ jsonrpc: "2.0", ...message }));
  }

  deliverRaw(data: unknown): void {
    if (this.isOpen && !this.isDeaf) this.#listener.message(data);
  }

  /** Sends what counts as an event, and cuts when it was the last one allowed. */
  notify(method: string, params: Params): void {
    if (!this.isOpen) return;
    if (this.#deployment.cutAfter.shift() === "now") return this.cut();
    this.deliver({ method, params });
  }
}
