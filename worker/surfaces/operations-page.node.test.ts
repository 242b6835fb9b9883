import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { operationsPage, operationsPagePath } from "./operations-page.node.ts";

describe("docs/operations.md", () => {
  it("says what the table says: after a change, run operations-page.node.ts", () => {
    expect(readFileSync(operationsPagePath, "utf8")).toBe(operationsPage());
  });
});
