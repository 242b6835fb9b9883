import { exports } from "cloudflare:workers";

type Message = Record<string, unknown> & { id?: unknown; method?: string; params?: Params };
type Params = Record<string, unknown>;

/** A JSON-RPC client for tests: raw messages in the order they came, and promises for answers. */
export class RpcTestClient {
  readonly received: Message[] = [];
  readonly socket: WebSocket;
  /** Answers a request of the server's; by default every `ping`. */
  onRequest: (message: Message) => unknown = ({ method }) => (method === "ping" ? {} : undefined);
  #lastId = 0;
  readonly #watchers = new Set<() => void>();
  closed: { code: number; reason: string } | undefined;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.addEventListener("message", ({ data }) => this.#receive(JSON.parse(String(data))));
    socket.addEventListener("close", ({ code, reason }) => {
      this.closed = { code, reason };
      this.#wake();
    });
    socket.accept();
  }

  static async connect(path = "/rpc"): Promise<RpcTestClient> {
    const response = await exports.default.fetch(
      new Request(`http://localhost${path}`, { headers: { upgrade: "websocket" } }),
    );
    if (!response.webSocket) throw new Error(`no socket: ${await response.text()}`);
    return new RpcTestClient(response.webSocket);
  }

  /** Sends a request and returns its id, without waiting. */
  send(method: string, params?: Params): number {
    this.#lastId += 1;
    this.socket.send(JSON.stringify({ jsonrpc: "2.0", id: this.#lastId, method, params }));
    return this.#lastId;
  }

  /** Sends a request and waits for its whole answer. */
  async ask(method: string, params?: Params): Promise<Message> {
    return this.answerTo(this.send(method, params));
  }

  /** Sends a request and waits for its result. */
  async call(method: string, params?: Params): Promise<Params> {
    const { result, error } = await this.ask(method, params);
    if (error) throw Object.assign(new Error("rpc error"), error);
    return result as Params;
  }

  answerTo(id: unknown): Promise<Message> {
    return this.until((message) => message.id === id && message.method === undefined);
  }

  /** The first message, received already or not, for which the condition holds. */
  async until(condition: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const found = this.received.find(condition);
      if (found) return found;
      if (this.closed) throw new Error(`the socket closed: ${this.closed.code}`);
      const next = Promise.withResolvers<void>();
      this.#watchers.add(next.resolve);
      await next.promise;
    }
  }

  async untilClosed(): Promise<{ code: number; reason: string }> {
    while (!this.closed) {
      const next = Promise.withResolvers<void>();
      this.#watchers.add(next.resolve);
      await next.promise;
    }
    return this.closed;
  }

  /** Events that came as notifications of this kind, oldest first. */
  events(method: "session/event" | "session/stream_event"): Params[] {
    return this.received
      .filter((message) => message.method === method)
      .map(({ params }) => params?.event as Params);
  }

  #receive(message: Message): void {
    this.received.push(message);
    if (message.method !== undefined && message.id !== undefined) {
      const result = this.onRequest(message);
      if (result !== undefined) {
        this.socket.send(JSON.stringify({ jsonrpc: "2.0", id: message.id, result }));
      }
    }
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#watchers) wake();
    this.#watchers.clear();
  }
}
