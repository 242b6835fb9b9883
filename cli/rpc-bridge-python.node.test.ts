import { execFile } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { readPage } from "./doc-page.ts";
import { packageRoot } from "./package-root.ts";
import { bridgeEnv, bridgePath, Params } from "./rpc-bridge/test-support.ts";
import { freshStateRoot, type Served, startServe } from "./test-support.ts";

// Every test starts processes, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const run = promisify(execFile);
const scripts = join(packageRoot, "cli", "rpc-bridge");

let server: Served;

beforeAll(async () => {
  server = await startServe(freshStateRoot());
});

afterAll(async () => {
  await server.end("SIGKILL");
});

async function python(script: string, args: string[], env: NodeJS.ProcessEnv) {
  const options = { env: bridgeEnv({ RKAT_URL: server.url, ...env }) };
  const { stdout } = await run("python3", [join(scripts, script), ...args], options);
  return Params.parse(JSON.parse(stdout));
}

describe("rkat rpc under a Python client", () => {
  it("streams, runs its tool, is interrupted and leaves", async () => {
    const report = await python("test-client.py", [bridgePath], { RKAT_CONTRACT_VERSION: "0.5" });

    expect(report).toMatchObject({
      contract: "0.5.0",
      tool: true,
      interrupt: true,
      interrupted: "REQUEST_CANCELLED",
      in_order: true,
      exit: 0,
    });
    expect(report.events).toEqual(expect.arrayContaining(["run_started", "tool_result_received"]));
  });
});

const releases = [
  ["0.5.1", "86415dd2139867472e9310297ac887dc0e5357502c090e43db4e0ec344a52ec6"],
  ["0.8.26", "5c1f62dfd8e6629722f38fc0d291633ca46ef76702a5b1f7873a88576fe7acc9"],
] as const;

/** Unpacks a release beside the package, never into it; nothing where it cannot be had. */
async function officialSdk(version: string, hash: string): Promise<string | undefined> {
  const folder = join(tmpdir(), "rkat-official-sdk", version);
  if (existsSync(join(folder, "meerkat"))) return folder;
  mkdirSync(folder, { recursive: true });
  const wanted = join(folder, "wanted.txt");
  writeFileSync(wanted, `meerkat-sdk==${version} --hash=sha256:${hash}\n`);
  const patience = ["--retries", "0", "--timeout", "10"];
  // Its one dependency is never imported for what is tested here.
  const only = ["--no-deps", "--only-binary", ":all:", "--require-hashes"];
  const install = ["-m", "pip", "install", "-q", ...patience, ...only, "--target", folder];
  try {
    await run("python3", [...install, "-r", wanted]);
    return folder;
  } catch {
    return undefined;
  }
}

describe.each(releases)("rkat rpc under the official Python SDK %s", (version, hash) => {
  it("does everything that the SDK checks", async ({ skip }) => {
    const folder = await officialSdk(version, hash);
    if (folder === undefined) return skip("the SDK cannot be installed here");

    const report = await python("official-sdk.py", [], {
      MEERKAT_BIN_PATH: bridgePath,
      PYTHONPATH: folder,
      RKAT_CONTRACT_VERSION: version,
    });

    const { create_session_streaming, stream, subscription, tool_text, ...rest } = report;
    const told = expect.arrayContaining([
      "RunStarted",
      "TextDelta",
      "TurnCompleted",
      "RunCompleted",
    ]);
    expect([create_session_streaming, stream, subscription]).toEqual([told, told, told]);
    expect(tool_text).toContain("compat-probe-ok");
    const isModern = !version.startsWith("0.5");
    expect(rest).toEqual({
      ...Object.fromEntries(operations.map((name) => [name, "ok"])),
      ...(isModern ? { models: "ok" } : {}),
      ...facts,
    });
    return undefined;
  });

  it("runs the example of docs/python.md", async ({ skip }) => {
    const folder = await officialSdk(version, hash);
    if (folder === undefined) return skip("the SDK cannot be installed here");
    const example = readPage("docs/python.md").files.get("example.py") ?? "";
    const line = version.split(".", 2).join(".");

    const { stdout } = await run("python3", ["-c", example], {
      env: bridgeEnv({
        RKAT_URL: server.url,
        MEERKAT_BIN_PATH: bridgePath,
        PYTHONPATH: folder,
        RKAT_CONTRACT_VERSION: line,
      }),
    });

    expect(stdout).toContain('You said: "What is the capital of France?"');
    expect(stdout).toContain('You said: "Tell me a story"');
  });
});

const operations = [
  "create_session",
  "turn",
  "tool",
  "interrupt_idle",
  "interrupt",
  "turn_after_interrupt",
  "list_sessions",
  "read_session",
  "history",
  "history_page",
  "inject_context",
  "skills",
  "deferred",
  "deferred_turn",
  "archive",
  "archived_history",
];

const facts = {
  stream_text: true,
  failed_stream: "PROVIDER_ERROR",
  interrupted: "REQUEST_CANCELLED",
  listed: 4,
  read_is_session: true,
  has_sessions: true,
  subscription_outcome: "explicit_close",
  stale_generation: "INVALID_PARAMS",
  patched: 2048,
  missing: "SESSION_NOT_FOUND",
  archived_turn: "SESSION_NOT_FOUND",
  exit: 0,
};
