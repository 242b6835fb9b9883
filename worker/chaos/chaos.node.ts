import { parseArgs } from "node:util";
import { runChaos } from "./chaos-run.node.ts";

// npm run chaos -- --seed 7 --kills 500 [--only "an archive"]

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    kills: { type: "string", default: "100" },
    only: { type: "string" },
  },
});
const [seed, kills] = [Number(values.seed), Number(values.kills)];
try {
  const tell = (line: string) => process.stdout.write(`${line}\n`);
  const report = await runChaos({ seed, kills, only: values.only, tell });
  tell(
    `seed ${seed}: ${report.kills} kills, ${report.episodes} sessions, ${report.seconds.toFixed(0)} s: all promises kept`,
  );
} catch (cause) {
  process.stderr.write(`seed ${seed}: ${cause instanceof Error ? cause.stack : String(cause)}\n`);
  process.exitCode = 1;
}
// A client of the SDK that was left behind would go on trying to reconnect for minutes.
process.exit();
