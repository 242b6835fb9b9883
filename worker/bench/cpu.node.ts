import { type Line, plain } from "./line.node.ts";
import { type Path, plainPath, play, sessionPath } from "./path.node.ts";
import { script, type Stage } from "./stage.node.ts";
import type { Workerd } from "./workerd.node.ts";

const LIMIT_MS = 1_500;

/** CPU time of the runtime for 10,000 deltas, one every half millisecond; shorter runs are scaled up. */
export async function cpu({ relay, ours }: Stage, count: number): Promise<Line[]> {
  const told = await cpuMs(relay, plainPath(relay.url), count);
  const sse = await cpuMs(ours, await sessionPath(ours.url, "SSE"), count);
  const rpc = await cpuMs(ours, await sessionPath(ours.url, "/rpc"), count);
  const shared = { unit: "ms", relay: told, limit: LIMIT_MS };
  return [
    plain("CPU per 10,000 deltas, one SSE watcher", { ours: sse, ...shared }),
    plain("CPU per 10,000 deltas, one /rpc watcher", { ours: rpc, ...shared }),
  ];
}

async function cpuMs(runtime: Workerd, path: Path, count: number): Promise<number> {
  using held = path;
  await held.ask(script(500), () => {});
  const before = runtime.cpuMs();
  await play(held, { count, paceMs: 0.5 });
  return ((runtime.cpuMs() - before) * 10_000) / count;
}
