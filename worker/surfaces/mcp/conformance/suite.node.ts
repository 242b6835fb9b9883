import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..", "..", "..");
const suite = join(
  root,
  "node_modules",
  "@modelcontextprotocol",
  "conformance",
  "dist",
  "index.js",
);

/** The official suite's frozen sets of what a server must do. */
export type Requirements = "2026-07-28" | "2025-11-25";

/** What a run of the suite came to. */
export interface Verdict {
  exitCode: number;
  report: string;
}

/** Runs one set against a server; what a stateless server cannot do in the older one is listed beside this file. */
export async function runSuite(url: string, requirements: Requirements): Promise<Verdict> {
  const out = mkdtempSync(join(tmpdir(), "mcp-conformance-"));
  const baseline = join(here, "baseline-2025-11-25.yml");
  const excused = requirements === "2025-11-25" ? ["--expected-failures", baseline] : [];
  return await run(["server", "--url", url, "--requirements", requirements, ...excused, "-o", out]);
}

/** Runs the suite's own command; `onText` hears all that it prints so far. */
export async function run(
  args: readonly string[],
  onText: (text: string) => void = () => undefined,
): Promise<Verdict> {
  const { promise, resolve } = Promise.withResolvers<Verdict>();
  const options = { maxBuffer: 2 ** 26 };
  const child = execFile(process.execPath, [suite, ...args], options, (error, stdout, stderr) => {
    const exitCode = typeof error?.code === "number" ? error.code : error ? 1 : 0;
    resolve({ exitCode, report: stdout + stderr });
  });
  let told = "";
  child.stdout?.on("data", (text) => onText((told += text)));
  return await promise;
}

/** A Worker as one module. */
export async function bundled(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*", "node:*"],
  });
  return outputFiles[0]?.text ?? "";
}

/** What every server of this machine has in common. */
export const quiet = {
  host: "127.0.0.1",
  port: 0,
  cf: false,
  log: new Log(LogLevel.ERROR),
  telemetry: { enabled: false },
  handleStructuredLogs: () => undefined,
  compatibilityDate: "2026-10-20",
  compatibilityFlags: ["enable_request_signal", "global_fetch_strictly_public"],
} as const;

/** Serves the fixture worker on a free port of this machine. */
export async function serveFixture(): Promise<{ url: string; stop: () => Promise<void> }> {
  const contents = await bundled(join(here, "fixture-worker.ts"));
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      ...quiet,
      compatibilityFlags: [...quiet.compatibilityFlags],
      modules: [{ type: "ESModule", path: "worker.js", contents }],
      bindings: { RKAT_OPEN_ACCESS: "loopback", RKAT_DEFAULT_REALM: "fixture" },
    }),
  );
  const { port } = await miniflare.ready;
  // The suite sends this name as the Host of requests that must not be refused.
  return { url: `http://localhost:${port}/mcp`, stop: () => miniflare.dispose() };
}
