import { parseArgs } from "node:util";
import { quantile } from "../bench/statistics.node.ts";
import { flood } from "./flood.node.ts";
import { robustness } from "./robustness.node.ts";
import { tenancy } from "./tenancy.node.ts";

// npm run fuzz -- --seed 7 --cases 10000 [--only tenancy|robustness|flood] [--first 7500]

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    cases: { type: "string", default: "10000" },
    first: { type: "string", default: "0" },
    only: { type: "string" },
  },
});
const [seed, cases, first] = [values.seed, values.cases, values.first].map(Number) as [
  number,
  number,
  number,
];
const tell = (line: string) => process.stdout.write(`${line}\n`);
const isChosen = (name: string) => (values.only ?? name) === name;
try {
  if (isChosen("tenancy")) {
    const { foreignMs, unknownMs } = await tenancy({ seed, cases, first, tell });
    const [foreign, unknown] = [quantile(foreignMs, 0.5), quantile(unknownMs, 0.5)];
    tell(`seed ${seed}: ${cases} cases, nothing of another realm was told`);
    tell(`median answer: real things ${foreign.toFixed(1)} ms, others ${unknown.toFixed(1)} ms`);
  }
  if (isChosen("robustness")) {
    await robustness({ seed, cases, tell });
    tell(`seed ${seed}: ${cases} requests, each answered as the contract says`);
  }
  if (isChosen("flood")) {
    const { calmMs, healthMs, floodedMs, healthy, refused } = await flood(6, 20);
    const [alone, health, beside] = [calmMs, healthMs, floodedMs].map((ms) => ms.toFixed(1));
    tell(`a turn alone ${alone} ms, beside ${healthy} requests of /health ${health} ms`);
    const ratio = (floodedMs / healthMs).toFixed(2);
    tell(`beside ${refused} refused requests ${beside} ms: ${ratio} of that`);
  }
} catch (cause) {
  process.stderr.write(`seed ${seed}: ${cause instanceof Error ? cause.stack : String(cause)}\n`);
  process.exitCode = 1;
}
process.exit();
