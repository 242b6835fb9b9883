import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    globalSetup: ["./durable-objects/providers/wire/setup.node.ts"],
    projects: [
      {
        extends: true,
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: { cf: false, bindings: { RKAT_OPEN_ACCESS: "loopback" } },
          }),
        ],
        test: {
          name: "workers",
          include: ["{worker,durable-objects,sdk}/**/*.test.ts"],
          exclude: ["**/*.node.test.ts"],
        },
      },
      {
        extends: true,
        test: {
          name: "node",
          include: ["{cli,worker,sdk}/**/*.node.test.ts"],
        },
      },
    ],
  },
});
