import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { packageRoot } from "./package-root.ts";

/** What the shell runs as `rkat`. */
export const launcher = join(packageRoot, "cli", "bin", "rkat.mjs");

/** A folder without logins. */
const noLogins = mkdtempSync(join(tmpdir(), "rkat-config-"));

/** How one `rkat` ended. */
export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A state root of a test's own. */
export function freshStateRoot(): string {
  return mkdtempSync(join(tmpdir(), "rkat-state-"));
}

/** Only what a test says about providers, tokens and servers counts, not the developer's shell. */
function cleanEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, XDG_CONFIG_HOME: noLogins, ...env };
}

/** Starts an `rkat` of its own, as a shell would. */
export function spawnRkat(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return spawn(process.execPath, [launcher, ...args], {
    env: cleanEnv(env),
    stdio: ["pipe", "pipe", "pipe"],
  });
}

/** Runs an `rkat` to its end, with `input` piped into it. */
export async function rkat(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  input = "",
): Promise<Finished> {
  const child = spawnRkat(args, env);
  child.stdin.end(input);
  const ended = once(child, "close");
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await ended;
  return { code: child.exitCode, stdout, stderr };
}

/** A running `rkat serve`. */
export interface Served {
  url: string;
  pid: number;
  /** Sends a signal and waits for the process to be gone. */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; stderr: string }>;
}

/** Starts `rkat serve`, on a free port unless one is named, and waits until it says that it listens. */
export async function startServe(
  stateRoot: string,
  env: NodeJS.ProcessEnv = {},
  port = "0",
): Promise<Served> {
  const child = spawnRkat(["serve", "--port", port, "--state-root", stateRoot], env);
  const closed = once(child, "close");
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += String(chunk);
  });
  const [said] = await Promise.race([once(child.stdout, "data"), closed]);
  const [, url] = /^listening on (http:\S+)\n$/.exec(String(said)) ?? [];
  if (url === undefined || child.pid === undefined) throw new Error(`rkat serve: ${stderr}`);
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await closed;
    return { code: child.exitCode, stderr };
  };
  return { url, pid: child.pid, end };
}

/** Waits until something holds. The test's own timeout is the limit. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await delay(20);
}

/** The process that writes to the state root's files. */
export function runtimePid(stateRoot: string): number {
  return Number.parseInt(readFileSync(join(stateRoot, "runtime.txt"), "utf8"), 10);
}

/** Dead and not yet collected counts as gone: it has no files open any more. */
export function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return true;
  }
  const status = `/proc/${pid}/status`;
  return existsSync(status) && readFileSync(status, "utf8").includes("State:\tZ");
}
