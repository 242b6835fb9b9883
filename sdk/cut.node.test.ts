import { connect, createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freshStateRoot, type Served, startServe } from "../cli/test-support.ts";
import { MeerkatClient } from "./index.ts";

/** A wire between client and deployment that can be cut; both ends then see a lost connection. */
class CuttableWire {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async to(port: number): Promise<CuttableWire> {
    const server = createServer();
    const wire = new CuttableWire(server);
    server.on("connection", (client) => {
      const upstream = connect(port, "127.0.0.1");
      client.pipe(upstream).pipe(client);
      for (const socket of [client, upstream]) {
        wire.#sockets.add(socket);
        socket.on("error", () => wire.cut());
        socket.on("close", () => wire.#sockets.delete(socket));
      }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return wire;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}

describe("a turn with tools, watched over a wire that is cut", () => {
  let server: Served;
  let wire: CuttableWire;

  beforeAll(async () => {
    server = await startServe(freshStateRoot());
    wire = await CuttableWire.to(Number(new URL(server.url).port));
  });

  afterAll(async () => {
    wire.close();
    await server.end("SIGTERM");
  });

  /** Runs one turn and cuts the wire after the event at `cutAt`; tells the events and the answer. */
  async function run(
    cutAt: number,
  ): Promise<{ types: string[]; seqs: number[]; isWhole: boolean }> {
    await using client = await new MeerkatClient().connect({ url: wire.url });
    const stream = client.createSessionStreaming("think tool:datetime", {
      model: "demo",
      enableBuiltins: true,
    });
    const types: string[] = [];
    let text = "";
    for await (const event of stream) {
      if (types.length === cutAt) wire.cut();
      types.push(event.type);
      if (event.type === "text_delta") text += event.delta;
    }
    const seqs: number[] = [];
    const id = stream.result.sessionId;
    for await (const { seq, payload } of await client.subscribeSessionEvents(id, { after: 0 })) {
      seqs.push(seq);
      if (payload.type === "run_completed") break;
    }
    return { types, seqs, isWhole: stream.result.text === text };
  }

  it("is the same at whatever event the cut falls", async () => {
    const uncut = await run(-1);
    expect(uncut.types.length).toBeGreaterThan(20);

    for (let cutAt = 0; cutAt < uncut.types.length; cutAt += 1) {
      const { types, seqs, isWhole } = await run(cutAt);
      // How many words the clock's answer has may differ by one; what comes in what order may not.
      expect({ cutAt, kinds: kinds(types) }).toEqual({ cutAt, kinds: kinds(uncut.types) });
      expect({ cutAt, count: types.length, isWhole }).toEqual({
        cutAt,
        count: seqs.length,
        isWhole: true,
      });
    }
  });
});

/** The order of kinds, runs of the same kind folded. */
function kinds(types: readonly string[]): string[] {
  return types.filter((type, at) => type !== types[at - 1]);
}
