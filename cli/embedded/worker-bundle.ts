import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { packageRoot } from "../package-root.ts";

/** What `npm run build` makes, and what a start from sources keeps for the next start. */
const built = join(packageRoot, "dist", "worker", "index.js");
const kept = join(packageRoot, "dist", "embedded", "worker.js");

const sources = ["worker", "durable-objects", "sdk/contract"];

/** The Worker as one module: a bundle no older than the sources, else one made now. */
export async function workerBundle(entry: string): Promise<string> {
  const changed = await newestSource();
  const fresh = [built, kept].find((path) => existsSync(path) && modified(path) > changed);
  return fresh === undefined ? await build(join(packageRoot, entry)) : readFileSync(fresh, "utf8");
}

/** Zero in an installed package, which ships its bundle without the sources. */
async function newestSource(): Promise<number> {
  const folders = sources.map((name) => join(packageRoot, name)).filter((path) => existsSync(path));
  const listings = await Promise.all(
    folders.map((path) => readdir(path, { recursive: true, withFileTypes: true })),
  );
  const times = listings
    .flat()
    .filter((entry) => entry.name.endsWith(".ts") && !entry.name.endsWith(".test.ts"))
    .map((entry) => modified(join(entry.parentPath, entry.name)));
  const lockfile = join(packageRoot, "package-lock.json");
  return times.length === 0 ? 0 : Math.max(...times, existsSync(lockfile) ? modified(lockfile) : 0);
}

async function build(entry: string): Promise<string> {
  // Only a clone builds; an installed package has its bundle and does not need the compiler.
  const esbuild = await import("esbuild");
  const { outputFiles } = await esbuild.build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*", "node:*"],
    logLevel: "warning",
  });
  const code = outputFiles[0]?.text ?? "";
  keep(code);
  return code;
}

function keep(code: string): void {
  const draft = `${kept}.${process.pid}`;
  try {
    mkdirSync(dirname(kept), { recursive: true });
    writeFileSync(draft, code);
    renameSync(draft, kept);
  } catch {
    // A read-only checkout is slower to start, not broken.
  }
}

function modified(path: string): number {
  return statSync(path).mtimeMs;
}
