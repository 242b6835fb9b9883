import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A TCP relay before a server, for tests that lose connections at a moment of their choice. */
export interface CuttableProxy extends AsyncDisposable {
  url: string;
  /** Breaks every connection that is open; new ones are relayed again. */
  cut(): void;
}

/** Relays to a server on this machine. */
export async function cuttableProxy(target: string): Promise<CuttableProxy> {
  const open = new Set<Socket>();
  const { hostname, port } = new URL(target);
  const relay = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }).listen(0, "127.0.0.1");
  await once(relay, "listening");
  const address = relay.address();
  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
    cut,
    [Symbol.asyncDispose]: async () => {
      cut();
      relay.close();
      await once(relay, "close");
    },
  };
}
