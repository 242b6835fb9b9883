import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { billOf, PLAN_USD, useOf } from "./cost.node.ts";
import { costPage, costPagePath } from "./cost-page.node.ts";

describe("docs/cost.md", () => {
  const page = readFileSync(costPagePath, "utf8");

  it("reckons with what a turn was counted to use: after a change, run npm run docs", () => {
    expect(page).toBe(costPage(page));
    expect(page.match(/<!-- table: /g)).toHaveLength(4);
  });

  it("charges the plan alone while all is included, and the list price beyond", () => {
    const month = { turns: 1, secondsPerTurn: 1, watchersPerTurn: 0, storedTurns: 0 };
    const beyond = { ...useOf(month), rowsWritten: 51e6, storedGb: 7 };

    expect(billOf(useOf(month))).toBe(PLAN_USD);
    expect(billOf(beyond)).toBeCloseTo(PLAN_USD + 1 + 0.4);
  });
});
