import { type OnBytes, type Protocol, stream, watch } from "./client.node.ts";
import { MarkReader } from "./mark.node.ts";
import { newSession, runTurn, script } from "./stage.node.ts";

/** A way from the upstream to a client: the same deltas, told by different servers. */
export interface Path extends Disposable {
  /** What has to happen before the clock runs. */
  prepare?(): Promise<void>;
  /** Asks for an answer; its bytes go to `onBytes`. Resolves when nothing more will be told. */
  ask(prompt: string, onBytes: OnBytes): Promise<unknown>;
}

/** A plain GET: the upstream itself, or the bare relay of it. */
export function plainPath(base: string): Path {
  return {
    ask: (prompt, onBytes) => stream(`${base}/?${prompt}`, onBytes),
    [Symbol.dispose]: () => {},
  };
}

/** A turn of a fresh session, told on a stream that is open already. */
export async function sessionPath(base: string, protocol: Protocol): Promise<Path> {
  const sessionId = await newSession(base);
  let take: OnBytes = () => {};
  const watching = await watch(base, sessionId, protocol, (bytes) => take(bytes));
  return {
    ask: (prompt, onBytes) => {
      take = onBytes;
      return runTurn(base, sessionId, prompt);
    },
    [Symbol.dispose]: () => watching.close(),
  };
}

/** A session of its own for every turn. */
export function freshPath(base: string): Path {
  let session: Path | undefined;
  return {
    async prepare() {
      session?.[Symbol.dispose]();
      session = await sessionPath(base, "SSE");
    },
    ask: async (prompt, onBytes) => session?.ask(prompt, onBytes),
    [Symbol.dispose]: () => session?.[Symbol.dispose](),
  };
}

/** How long it took until the first and until the last delta was there. */
export interface Played {
  firstMs: number;
  lastMs: number;
}

/** Plays one answer over a path, to its last delta. */
export async function play(
  path: Path,
  { count, paceMs = 0 }: { count: number; paceMs?: number },
  onDelta?: (latencyMs: number) => void,
): Promise<Played> {
  const reader = new MarkReader();
  const done = Promise.withResolvers<Played>();
  let [told, firstMs] = [0, 0];
  const start = performance.now();
  const asked = path.ask(script(count, paceMs), (bytes) => {
    const before = told;
    told += reader.read(bytes, onDelta);
    if (told === before) return;
    if (before === 0) firstMs = performance.now() - start;
    if (told === count) done.resolve({ firstMs, lastMs: performance.now() - start });
  });
  // A failed call says why; a missing delta would only be waited for.
  await asked;
  return done.promise;
}
