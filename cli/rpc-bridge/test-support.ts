import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as z from "zod";
import { packageRoot } from "../package-root.ts";

/** The executable that the official SDKs start. */
export const bridgePath = join(packageRoot, "cli", "bin", "rkat-rpc.mjs");

const Message = z.looseObject({
  jsonrpc: z.literal("2.0"),
  id: z.union([z.string(), z.number(), z.null()]).optional(),
  method: z.string().optional(),
  params: z.record(z.string(), z.unknown()).optional(),
  result: z.unknown().optional(),
  error: z
    .looseObject({ code: z.number(), message: z.string(), data: z.record(z.string(), z.unknown()) })
    .optional(),
});

/** One line from the bridge. Anything else on its standard output fails the test. */
export type Message = z.infer<typeof Message>;

/** Any JSON object. Built once: making a schema costs a thousand times what using it does. */
export const Params = z.record(z.string(), z.unknown());
type Params = z.infer<typeof Params>;

/** Only what a test says about servers and providers counts, not the developer's shell. */
export function bridgeEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, ...env };
}

/** A client that talks to a bridge of its own over its pipes, as the SDKs do. */
export class BridgeClient {
  readonly messages: Message[] = [];
  readonly process: ChildProcessWithoutNullStreams;
  readonly #closed: Promise<unknown>;
  readonly #checks = new Set<() => void>();
  #lastId = 0;
  #stderr = "";
  /** Runs the client's tools; what it throws is no answer at all. */
  onTool: (params: Params) => unknown = () => ({ content: "ok" });

  constructor(args: readonly string[], env: NodeJS.ProcessEnv) {
    this.process = spawn(process.execPath, [bridgePath, ...args], { env: bridgeEnv(env) });
    this.#closed = once(this.process, "close");
    // A bridge that is gone shows by its exit code and by what it did not answer.
    this.process.stdin.on("error", () => undefined);
    this.process.stderr.on("data", (chunk) => {
      this.#stderr += String(chunk);
    });
    createInterface({ input: this.process.stdout }).on("line", (line) => this.#receive(line));
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Writes a request and returns its id. */
  send(method: string, params?: unknown, id: string | number = (this.#lastId += 1)) {
    this.write(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    return id;
  }

  write(line: string): void {
    this.process.stdin.write(`${line}\n`);
  }

  /** The answer to a request, whatever it is. */
  async answer(id: string | number): Promise<Message> {
    return this.until((message) => message.id === id && message.method === undefined);
  }

  /** Asks and returns the result. @throws when the answer is an error */
  async ask(method: string, params?: unknown): Promise<Params> {
    const { result, error } = await this.answer(this.send(method, params));
    if (error) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return Params.parse(result);
  }

  /** The first message of all that fits, once it is there. */
  async until(fits: (message: Message) => boolean): Promise<Message> {
    let found: Message | undefined;
    await this.when(() => (found = this.messages.find(fits)) !== undefined);
    if (!found) throw new Error("a message that was there is gone");
    return found;
  }

  /** Waits until something holds; looks again with every message. */
  when(holds: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = () => {
      if (!holds()) return;
      this.#checks.delete(check);
      resolve();
    };
    this.#checks.add(check);
    check();
    return promise;
  }

  /** The turn events of a session, in the order in which they came. */
  events(sessionId: unknown): Params[] {
    return this.messages
      .filter(
        ({ method, params }) => method === "session/event" && params?.session_id === sessionId,
      )
      .map(({ params }) => Params.parse(params?.event));
  }

  /** Closes the client's end, or sends a signal, and waits for the bridge to be gone. */
  async end(signal?: NodeJS.Signals): Promise<number | null> {
    if (signal) this.process.kill(signal);
    else this.process.stdin.end();
    await this.#closed;
    return this.process.exitCode;
  }

  #receive(line: string): void {
    const message = Message.parse(JSON.parse(line));
    this.messages.push(message);
    if (message.method === "tool/execute") void this.#execute(message);
    for (const check of this.#checks) check();
  }

  async #execute({ id, params = {} }: Message): Promise<void> {
    const result = await this.onTool(params);
    this.write(JSON.stringify({ jsonrpc: "2.0", id, result }));
  }
}
