import { availableParallelism, loadavg } from "node:os";
import { gzipSync } from "node:zlib";
import { cpu } from "./cpu.node.ts";
import { crash, rows } from "./durability.node.ts";
import { fanOut } from "./fan-out.node.ts";
import { head, type Line, plain, tell } from "./line.node.ts";
import { memory } from "./memory.node.ts";
import { reconnect } from "./reconnect.node.ts";
import { start } from "./start.node.ts";
import { burst, firstDelta, latency } from "./speed.node.ts";
import { setStage, type Stage } from "./stage.node.ts";

// `npm run bench [-- --quick] [-- --only <word>]`: prints what design.md 7 asks for, and asserts nothing.

const isQuick = process.argv.includes("--quick");
const only = process.argv[process.argv.indexOf("--only") + 1];
const isChosen = (name: string) => !process.argv.includes("--only") || only === name;
const LONGEST_MS = 5 * 60_000;

const measures: Record<string, (stage: Stage) => Promise<Line | Line[]>> = {
  bundle: async ({ bundle }) => {
    const kibibytes = gzipSync(bundle, { level: 9 }).length / 1024;
    return plain("Worker bundle, gzip (B-4)", { ours: kibibytes, unit: "KiB", limit: 400 });
  },
  first: (stage) => firstDelta(stage, isQuick ? 20 : 100),
  burst: (stage) => burst(stage, isQuick ? 15 : 40),
  latency: (stage) => latency(stage, isQuick ? 1 : 2),
  cpu: (stage) => cpu(stage, isQuick ? 4_000 : 10_000),
  reconnect: (stage) => reconnect(stage, isQuick ? 10_000 : 100_000),
  fanout: async (stage) => {
    const count = isQuick ? 400 : 2_000;
    return [
      await fanOut(stage, "SSE", 100, count),
      await fanOut(stage, "/rpc", 100, count),
      await fanOut(stage, "SSE", 1_000, count),
      await fanOut(stage, "/rpc", 1_000, count),
    ];
  },
  start: (stage) => start(stage, isQuick ? 7 : 31),
  memory,
  rows,
  crash,
};

setTimeout(() => {
  console.error("the bench takes too long: given up");
  process.exit(1);
}, LONGEST_MS).unref();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

const [load = 0] = loadavg();
using stage = await setStage();
process.once("exit", () => stage[Symbol.dispose]());
console.log(`p50 / p99; ${availableParallelism()} cores, load before the start ${load.toFixed(1)}`);
console.log(head);
for (const [name, measure] of Object.entries(measures)) {
  if (!isChosen(name)) continue;
  for (const line of [await measure(stage)].flat()) console.log(tell(line));
}
process.exit(0);
