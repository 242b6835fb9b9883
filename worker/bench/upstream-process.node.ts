import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The stand-in vendor, as the bench sees it. */
export interface Upstream extends Disposable {
  url: string;
  /** Resolves when it is called the next time. */
  nextCall(): Promise<void>;
}

/** Starts the stand-in vendor in a process of its own, so that it does not share a core with the clients' work. */
export async function startUpstream(): Promise<Upstream> {
  const child = fork(fileURLToPath(new URL("upstream.node.ts", import.meta.url)));
  const listening = Promise.withResolvers<number>();
  let called = Promise.withResolvers<void>();
  child.once("exit", () => listening.reject(new Error("the upstream ended")));
  child.on("message", (message: { type: "listening"; port: number } | { type: "asked" }) => {
    if (message.type === "listening") listening.resolve(message.port);
    else {
      called.resolve();
      called = Promise.withResolvers();
    }
  });
  return {
    url: `http://127.0.0.1:${await listening.promise}`,
    nextCall: () => called.promise,
    [Symbol.dispose]: () => child.kill("SIGKILL"),
  };
}
