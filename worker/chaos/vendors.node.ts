import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Upstream } from "./upstream.node.ts";

const keyPattern = /[a-z]+-([0-9a-f]{8}-[0-9a-f-]{27})/;

/** All vendors on one port: a request finds its script by the id in its model's name. */
export class Vendors implements AsyncDisposable {
  readonly #server: Server;
  readonly #upstreams = new Map<string, Upstream>();

  static async start(): Promise<Vendors> {
    const vendors = new Vendors();
    vendors.#server.listen(0, "127.0.0.1");
    await once(vendors.#server, "listening");
    return vendors;
  }

  private constructor() {
    this.#server = createServer({ noDelay: true }, (request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    // A connection that is closed just as it is used again would look like a fault of the vendor's.
    this.#server.keepAliveTimeout = 0;
    this.#server.requestTimeout = 0;
  }

  /** What a server under test is told, so that it calls here. */
  get bindings(): Record<string, string> {
    // A TCP server's address is never the string of a pipe.
    const { port } = this.#server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    return {
      ANTHROPIC_API_KEY: "none",
      ANTHROPIC_BASE_URL: url,
      OPENAI_API_KEY: "none",
      OPENAI_BASE_URL: `${url}/v1`,
      GEMINI_API_KEY: "none",
      GEMINI_BASE_URL: url,
      SELF_HOSTED_BASE_URL: `${url}/v1`,
    };
  }

  add(upstream: Upstream): void {
    this.#upstreams.set(upstream.key, upstream);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    // No encoding is set, so a chunk is never a string.
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString("utf8");
    const [, key = ""] = keyPattern.exec(request.url ?? "") ?? keyPattern.exec(body) ?? [];
    const upstream = this.#upstreams.get(key);
    if (upstream) await upstream.answer(body, response);
    else response.writeHead(404).end("no script");
  }
}
