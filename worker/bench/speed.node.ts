import { type Line, timing } from "./line.node.ts";
import { freshPath, type Path, plainPath, play, type Played, sessionPath } from "./path.node.ts";
import { script, type Stage } from "./stage.node.ts";
import { quantile, spread, type Spread } from "./statistics.node.ts";

/** POST to first delta on an open stream, over what the provider itself takes. */
export async function firstDelta(stage: Stage, rounds: number): Promise<Line[]> {
  const base = stage.ours.url;
  const paths = { warm: await sessionPath(base, "SSE"), fresh: freshPath(base) };
  const times = await overProvider(stage, paths, { rounds, count: 3, at: "firstMs" });
  const limit = { p50: 5 };
  return [
    timing("first delta over the provider's own, warm session", times.warm, times.relay, limit),
    timing("first delta over the provider's own, new session", times.fresh, times.relay, limit),
  ];
}

/** 200 deltas in one burst, over what the provider itself takes. */
export async function burst(stage: Stage, rounds: number): Promise<Line[]> {
  const base = stage.ours.url;
  const paths = { sse: await sessionPath(base, "SSE"), rpc: await sessionPath(base, "/rpc") };
  const times = await overProvider(stage, paths, { rounds, count: 200, at: "lastMs" });
  const limit = { p50: 15 };
  return [
    timing("200 deltas at once over the provider's own, SSE", times.sse, times.relay, limit),
    timing("200 deltas at once over the provider's own, /rpc", times.rpc, times.relay, limit),
  ];
}

/** The paths take turns, so that noise hits all alike. */
async function overProvider<Name extends string>(
  { upstream, relay }: Stage,
  ours: Record<Name, Path>,
  { rounds, count, at }: { rounds: number; count: number; at: keyof Played },
): Promise<Record<Name | "relay", Spread>> {
  using stack = new DisposableStack();
  const paths = { direct: plainPath(upstream.url), relay: plainPath(relay.url), ...ours };
  const times = new Map<string, number[]>();
  for (const [name, path] of Object.entries<Path>(paths)) {
    stack.use(path);
    times.set(name, []);
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, path] of Object.entries<Path>(paths)) {
      await path.prepare?.();
      const played = await play(path, { count });
      times.get(name)?.push(played[at]);
    }
  }
  const own = quantile(times.get("direct") ?? [], 0.5);
  const spreads = [...times].map(([name, all]) => [name, spread(all.map((ms) => ms - own))]);
  // Just made from the names of the paths.
  return Object.fromEntries(spreads) as Record<Name | "relay", Spread>;
}

/** From the upstream's write to the client's read, one delta every 5 ms. */
export async function latency({ relay, ours }: Stage, rounds: number): Promise<Line[]> {
  const limit = { p50: 0.5, p99: 2 };
  const told = spread(await latencies(plainPath(relay.url), rounds));
  const sse = spread(await latencies(await sessionPath(ours.url, "SSE"), rounds));
  const rpc = spread(await latencies(await sessionPath(ours.url, "/rpc"), rounds));
  return [
    timing("one delta's way, SSE", sse, told, limit),
    timing("one delta's way, /rpc", rpc, told, limit),
  ];
}

async function latencies(path: Path, rounds: number): Promise<number[]> {
  using held = path;
  await path.ask(script(20), () => {});
  const found: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await play(held, { count: 500, paceMs: 5 }, (ms) => found.push(ms));
  }
  return found;
}
