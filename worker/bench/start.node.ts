import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Line, short } from "./line.node.ts";
import type { Stage } from "./stage.node.ts";
import { quantile } from "./statistics.node.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const rkat = join(root, "cli", "bin", "rkat.mjs");

/** How long `rkat` takes to start and to ask a running server, beside a Node that does nothing. */
export async function start({ ours }: Stage, rounds: number): Promise<Line[]> {
  execFileSync(process.execPath, [join(root, "cli", "bundle.mjs")]);
  const env = {
    PATH: process.env["PATH"],
    XDG_CONFIG_HOME: mkdtempSync(join(tmpdir(), "rkat-bench-config-")),
    RKAT_URL: ours.url,
  };
  const commands = [
    ["-e", "0"],
    [rkat, "--version"],
    [rkat, "sessions", "list"],
  ] as const;
  const times = commands.map((): number[] => []);
  // Side by side, round by round: what the machine is busy with falls on all of them.
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, args] of commands.entries()) {
      const since = performance.now();
      execFileSync(process.execPath, args, { env, stdio: "ignore" });
      // The first round fills the caches.
      if (round > 0) times[index]?.push(performance.now() - since);
    }
  }
  const [node = 0, version = 0, list = 0] = times.map((values) => quantile(values, 0.5));
  return [
    line("rkat --version, beside node -e 0", version, node, 1.5),
    line("rkat sessions list, beside node -e 0", list, node, 2.5),
  ];
}

function line(figure: string, ours: number, node: number, most: number): Line {
  const ratio = ours / node;
  return {
    figure,
    ours: `${short(ours)} ms`,
    relay: `${short(node)} ms`,
    ratio,
    target: `≤ ${most} x`,
    isMet: ratio <= most,
  };
}
