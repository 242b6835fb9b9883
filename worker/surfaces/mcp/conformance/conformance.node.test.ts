import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { runAuthorizationSuite, serveDeployment } from "./authorization.node.ts";
import { runSuite, serveFixture } from "./suite.node.ts";

// The suite takes its time, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

describe("MCP legacy+modern: the official conformance suite", () => {
  let fixture: Awaited<ReturnType<typeof serveFixture>>;

  beforeAll(async () => {
    fixture = await serveFixture();
  });

  afterAll(() => fixture.stop());

  it("finds all of 2026-07-28 served, the Tasks extension included", async () => {
    const { exitCode, report } = await runSuite(fixture.url, "2026-07-28");

    console.info(/Total: .*/.exec(report)?.[0]);
    expect(report.match(/^✗.*$/gm)).toBeNull();
    expect(exitCode).toBe(0);
  });

  it("finds nothing missing in 2025-11-25 but what the baseline explains", async () => {
    const { exitCode, report } = await runSuite(fixture.url, "2025-11-25");

    console.info(/Total: .*/.exec(report)?.[0]);
    expect(report.match(/^Unexpected failures[^]*/m)).toBeNull();
    expect(exitCode).toBe(0);
  });
});

it("the official suite finds the authorization server as it should be", async () => {
  const deployment = await serveDeployment();
  try {
    const { exitCode, report } = await runAuthorizationSuite(deployment.url);

    expect(report.match(/^✓.*$/gm)).not.toBeNull();
    expect(report.match(/^✗.*$/gm)).toBeNull();
    expect(exitCode).toBe(0);
  } finally {
    await deployment.stop();
  }
});
