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
          testTimeout: 30_000,
          // The vendors' SDKs are hundreds of modules: bundled once, instead of fetched one by one per test file.
          deps: { optimizer: { ssr: { enabled: true, include: [
            "@anthropic-ai/sdk/client", "@anthropic-ai/sdk/resources/messages", "openai", "zod", "hono", "hono/cors", "hono/body-limit", "uuid", "eventsource-parser"] } } },
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
