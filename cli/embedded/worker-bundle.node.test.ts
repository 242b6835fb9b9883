import { gzipSync } from "node:zlib";
import { transform } from "esbuild";
import { describe, expect, it } from "vitest";
import { readWranglerSettings } from "./wrangler-settings.ts";
import { workerBundle } from "./worker-bundle.ts";

describe("the Worker's bundle", () => {
  it("stays within what the edge loads quickly, minified as it is deployed (B-4)", async () => {
    const bundle = await workerBundle(readWranglerSettings().main);
    const { code } = await transform(bundle, { minify: true, format: "esm", target: "esnext" });

    expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(400 * 1024);
  });
});
