import { within } from "../chaos/conditions.node.ts";
import { type Json, parse } from "../chaos/json.node.ts";
import { type Credential, PATIENCE_MS } from "./deployment.node.ts";

/** A client's socket that keeps every frame it was sent. */
export class Socket {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (text: string) => void>();
  #frames: string[] = [];
  #lastId = 0;

  /** @throws {Error} if the server refuses */
  static async open(url: string, { protocols }: Credential): Promise<Socket> {
    const socket = new WebSocket(url.replace(/^http/, "ws"), protocols);
    const opened = Promise.withResolvers<void>();
    socket.addEventListener("open", () => opened.resolve());
    socket.addEventListener("error", () => opened.reject(new Error("refused")));
    await within(PATIENCE_MS, "a socket", opened.promise);
    return new Socket(socket);
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#receive(String(data)));
  }

  /** What came since this was last asked for, answers and all. */
  taken(): string[] {
    return this.#frames.splice(0);
  }

  /** The whole answer to a request, as text. @throws {Violation} */
  async text(method: unknown, params: unknown): Promise<string> {
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#waiting.set(id, resolve);
    this.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    return within(PATIENCE_MS, `an answer to ${JSON.stringify(method)}`, promise);
  }

  /** The same, read. */
  async ask(method: string, params: Json): Promise<Json> {
    return parse(await this.text(method, params));
  }

  send(frame: string): void {
    this.#socket.send(frame);
  }

  close(): void {
    this.#socket.close();
  }

  #receive(text: string): void {
    this.#frames.push(text);
    const { id, method } = parse(text);
    if (method === "ping") this.send(JSON.stringify({ jsonrpc: "2.0", id, result: {} }));
    if (method !== undefined || typeof id !== "number") return;
    this.#waiting.get(id)?.(text);
    this.#waiting.delete(id);
  }
}
