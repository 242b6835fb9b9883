import { createConfig, lintFromString } from "@redocly/openapi-core";
import { describe, expect, it } from "vitest";
import { openapi } from "./openapi.ts";

describe("the OpenAPI document", () => {
  it("is valid under the recommended rules of a public linter", async () => {
    const config = await createConfig({ extends: ["recommended"] });

    const problems = await lintFromString({
      source: JSON.stringify(openapi("https://edge.example")),
      config,
    });

    expect(
      problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer]),
    ).toEqual([]);
  });
});
