import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    globalSetup: ["./durable-objects/providers/wire/setup.node.ts"],
    // Most tests wait for servers rather than compute: with as many files as cores these would be idle.
    maxWorkers: 3,
    // Every turn logs a line: what a test has to say would drown in them.
    onConsoleLog: (log) => !log.startsWith('{"event":'),
    projects: [
      {
        extends: true,
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              cf: false,
              analyticsEngineDatasets: { METRICS: { dataset: "turns" } },
              bindings: {
                RKAT_OPEN_ACCESS: "loopback",
                // Thirty-two times "k".
                RKAT_CREDENTIALS_KEY: "k1:a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
                RKAT_TOKEN_KEY: "test-token-key-0123456789abcdef0123456789",
                RKAT_CORS_ORIGINS: "https://console.example",
                // Names that exist nowhere: `durable-objects/test-support.ts` sends them to the wire stand-in.
                ANTHROPIC_API_KEY: "sk-ant-test-0123456789",
                ANTHROPIC_BASE_URL: "http://anthropic.test",
                OPENAI_API_KEY: "sk-test-0123456789",
                OPENAI_BASE_URL: "http://openai.test/v1",
                GEMINI_API_KEY: "AIzaTest0123456789",
                GEMINI_BASE_URL: "http://gemini.test",
                AI_GATEWAY_RUNS_URL: "http://gateway.test/run",
              },
            },
          }),
        ],
        test: {
          name: "workers",
          testTimeout: 30_000,
          // The vendors' SDKs are hundreds of modules: bundled once, instead of fetched one by one per test file.
          deps: {
            optimizer: {
              ssr: {
                enabled: true,
                include: [
                  "@anthropic-ai/sdk/client",
                  "@cloudflare/workers-oauth-provider",
                  "@anthropic-ai/sdk/resources/messages",
                  "@modelcontextprotocol/server",
                  "openai",
                  "zod",
                  "hono",
                  "ipaddr.js",
                  "hono/cors",
                  "hono/body-limit",
                  "hono/html",
                  "jose",
                  "uuid",
                  "@cfworker/json-schema",
                  "eventsource-parser",
                ],
              },
            },
          },
          include: ["{worker,durable-objects,sdk}/**/*.test.ts"],
          exclude: ["**/*.node.test.ts"],
        },
      },
      {
        extends: true,
        test: {
          name: "node",
          include: ["{cli,worker,sdk,supply-chain}/**/*.node.test.ts", "sdk/*.test.ts"],
          testTimeout: 60_000,
        },
      },
    ],
  },
});
