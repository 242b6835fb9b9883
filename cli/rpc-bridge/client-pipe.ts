import { once } from "node:events";

/** Longest line that is read from the client (contract 3.1). */
export const MOST_CHARACTERS = 64 * 1024 * 1024;

/** Half of what some SDKs leave unread before their child blocks (sdk-compat 1). */
const STDERR_BYTES = 32 * 1024;

type Write = (text: string, written?: () => void) => boolean;

/** The client on the other end of standard input and output: one JSON message per line, nothing else. */
export class ClientPipe {
  readonly #write: Write;

  /** Takes standard output for itself: whatever else is printed goes to standard error from now on. */
  constructor() {
    const write = process.stdout.write.bind(process.stdout);
    this.#write = (text, written) => write(text, () => written?.());
    const diagnose = boundedStderr();
    // Only the bridge's own lines may appear there; the overloads differ in what is ignored here.
    process.stdout.write = diagnose;
    process.stderr.write = diagnose;
  }

  /** The client's lines until it closes its end; nothing in place of one that is too long. */
  async *lines(): AsyncGenerator<string | undefined> {
    // Not `node:readline`: that also breaks lines at U+2028, which JSON text may hold.
    let parts: string[] = [];
    let length = 0;
    for await (const chunk of process.stdin.setEncoding("utf8")) {
      const pieces = String(chunk).split("\n");
      const rest = pieces.pop() ?? "";
      for (const piece of pieces) {
        yield length > MOST_CHARACTERS ? undefined : parts.join("") + piece;
        parts = [];
        length = 0;
      }
      length += rest.length;
      if (length > MOST_CHARACTERS) parts = [];
      else if (rest !== "") parts.push(rest);
    }
    if (length > 0) yield length > MOST_CHARACTERS ? undefined : parts.join("");
  }

  /** Sends a message at once, in order. */
  send(message: string): void {
    // Raw, the two would end the line for a client that reads with `node:readline`.
    const line = message.replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
    this.#write(`${line}\n`);
  }

  /** Resolves when the client has read most of what was sent. */
  async room(): Promise<void> {
    if (process.stdout.writableNeedDrain) await once(process.stdout, "drain");
  }

  /** Resolves when the client has got everything. */
  flushed(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#write("", resolve);
    return promise;
  }
}

/** Nobody may read standard error: once its pipe is full, a writer would wait for ever. */
function boundedStderr(): typeof process.stderr.write {
  const write = process.stderr.write.bind(process.stderr);
  let left = STDERR_BYTES;
  return (chunk: string | Uint8Array, ...rest: unknown[]) => {
    const bytes = Buffer.byteLength(chunk);
    const told = rest.find((argument) => typeof argument === "function");
    left -= bytes;
    if (left >= 0) write(chunk);
    told?.();
    return true;
  };
}
