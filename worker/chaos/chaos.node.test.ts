import { describe, expect, it } from "vitest";
import { runChaos } from "./chaos-run.node.ts";

const SEED = 4;
const KILLS = 40;

describe("chaos", () => {
  it(`keeps every promise through ${KILLS} kills`, { timeout: 240_000 }, async () => {
    const told: string[] = [];

    const report = await runChaos({ seed: SEED, kills: KILLS, tell: (line) => told.push(line) });

    expect(report.kills, told.join("\n")).toBeGreaterThanOrEqual(KILLS);
  });
});
