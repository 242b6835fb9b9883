import { describe, expect, it } from "vitest";
import { robustness } from "./robustness.node.ts";
import { tenancy } from "./tenancy.node.ts";

const timeout = 240_000;

// `npm run fuzz` goes on where these stop.
describe("fuzzing", () => {
  it("from one realm learns nothing of another", { timeout }, async () => {
    const told: string[] = [];

    const report = await tenancy({ seed: 1, cases: 500, tell: (line) => told.push(line) });

    expect(report.foreignMs).toHaveLength(500);
    expect(told.at(-1)).toBe("500 cases");
  });

  it("is answered in the contract's words, whatever is sent", { timeout }, async () => {
    const told: string[] = [];

    await robustness({ seed: 1, cases: 1_000, tell: (line) => told.push(line) });

    expect(told.at(-1)).toBe("1000 requests");
  });
});
