import { type Protocol, watch, type Watching } from "./client.node.ts";
import { type Line, short } from "./line.node.ts";
import { MarkReader } from "./mark.node.ts";
import { newSession, runTurn, script, type Stage } from "./stage.node.ts";
import { spread } from "./statistics.node.ts";

const PACE_MS = 5;
const JOINING_AT_ONCE = 50;
// All watchers are counted; of so many every delta's latency is noted.
const SAMPLED = 50;
const PATIENCE_MS = 20_000;
const LIMIT_MS = 120;

/** One turn, told to many watchers at once: how much arrives, how late, and for how much CPU time. */
export async function fanOut(
  { ours }: Stage,
  protocol: Protocol,
  watchers: number,
  count: number,
): Promise<Line> {
  const sessionId = await newSession(ours.url);
  const latencies: number[] = [];
  const audience = new Audience(watchers * count);
  const watching: Watching[] = [];
  for (let joined = 0; joined < watchers; joined += JOINING_AT_ONCE) {
    const some = Array.from(
      { length: Math.min(JOINING_AT_ONCE, watchers - joined) },
      (_, offset) => {
        const isSampled = (joined + offset) % Math.ceil(watchers / SAMPLED) === 0;
        const note = isSampled ? (ms: number) => void latencies.push(ms) : undefined;
        return watch(ours.url, sessionId, protocol, audience.seat(note));
      },
    );
    watching.push(...(await Promise.all(some)));
  }
  const before = { cpuMs: ours.cpuMs(), own: process.cpuUsage(), at: performance.now() };
  const turn = runTurn(ours.url, sessionId, script(count, PACE_MS));
  await audience.served(count * PACE_MS + PATIENCE_MS);
  const seconds = (performance.now() - before.at) / 1e3;
  const cpuSeconds = (ours.cpuMs() - before.cpuMs) / 1e3;
  const own = process.cpuUsage(before.own);
  for (const one of watching) one.close();
  await turn;
  const { p50, p99 } = spread(latencies);
  const share = audience.told / (watchers * count);
  const isBig = watchers >= 1_000;
  return {
    figure: `${watchers} watchers over ${protocol}: delivered, latency`,
    ours: `${(share * 100).toFixed(1)} %, ${short(p50)} / ${short(p99)} ms`,
    relay: `CPU ${short(cpuSeconds)} of ${short(seconds)} s`,
    ...(isBig && { target: `all, p50 ≤ ${LIMIT_MS} ms`, isMet: share === 1 && p50 <= LIMIT_MS }),
    note: `clients' own CPU ${short((own.user + own.system) / 1e6)} s`,
  };
}

/** Counts what all watchers together have heard. */
class Audience {
  told = 0;
  readonly #expected: number;
  readonly #served = Promise.withResolvers<void>();

  constructor(expected: number) {
    this.#expected = expected;
  }

  /** What one watcher does with its bytes. */
  seat(onDelta: ((latencyMs: number) => void) | undefined): (bytes: Buffer) => void {
    const reader = new MarkReader();
    return (bytes) => {
      this.told += reader.read(bytes, onDelta);
      if (this.told === this.#expected) this.#served.resolve();
    };
  }

  /** Resolves when everything has arrived, or has had its time. */
  async served(patienceMs: number): Promise<void> {
    const timer = setTimeout(() => this.#served.resolve(), patienceMs);
    await this.#served.promise;
    clearTimeout(timer);
  }
}
