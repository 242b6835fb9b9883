import { execFileSync } from "node:child_process";
import { accessSync, chmodSync, constants, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { packageRoot } from "../package-root.ts";

const guard = join(packageRoot, "cli", "embedded", "workerd-guard.sh");

const POLL_MS = 20;

/**
 * Makes Miniflare start workerd through the guard, so that no runtime outlives this process,
 * and sees to it that a crashed process's runtime no longer writes. `note` is where the guard
 * says who does.
 */
export async function guardRuntime(note: string): Promise<void> {
  if (process.platform === "win32") return;
  await endLeftover(note);
  makeExecutable();
  process.env["RKAT_GUARD_WORKERD"] ??= process.env["MINIFLARE_WORKERD_PATH"] ?? installedWorkerd();
  process.env["RKAT_GUARD_PARENT"] = String(process.pid);
  process.env["RKAT_GUARD_NOTE"] = note;
  process.env["MINIFLARE_WORKERD_PATH"] = guard;
}

/** The guard notices a dead parent within a second; two runtimes must not share files even that long. */
async function endLeftover(note: string): Promise<void> {
  const [, pid, args] = /^(\d+) (.+)$/s.exec(readText(note)) ?? [];
  if (pid === undefined || args === undefined) return;
  // The arguments hold a random port: a process that has them is that runtime, not a reused id.
  while (commandLine(pid).endsWith(args)) {
    killQuietly(Number(pid));
    await delay(POLL_MS);
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It went by itself, which is all we want.
  }
}

/** Empty for a process that is gone, or dead and not yet collected. */
function commandLine(pid: string): string {
  if (process.platform === "linux") {
    return readText(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trimEnd();
  }
  try {
    return execFileSync("ps", ["-ww", "-o", "command=", "-p", pid], { encoding: "utf8" }).trimEnd();
  } catch {
    return "";
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Some installers drop the bit that git and npm keep. */
function makeExecutable(): void {
  try {
    accessSync(guard, constants.X_OK);
  } catch {
    chmodSync(guard, 0o755);
  }
}

function installedWorkerd(): string {
  const miniflare = createRequire(import.meta.url).resolve("miniflare");
  const workerd: unknown = createRequire(miniflare)("workerd");
  const path =
    typeof workerd === "object" && workerd !== null && "default" in workerd ? workerd.default : "";
  if (typeof path !== "string" || path === "") throw new Error("workerd is not installed");
  return path;
}
