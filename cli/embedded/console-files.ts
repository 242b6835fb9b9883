import { execFile } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { packageRoot } from "../package-root.ts";

const publicFolder = join(packageRoot, "dist", "public");
const bundler = join(packageRoot, "worker", "console", "bundle.mjs");

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
};

/** A file as it is served. */
export interface StaticFile {
  content: Uint8Array<ArrayBuffer>;
  type: string;
}

/**
 * Finds the console's files by the paths they are served at, which is what Cloudflare's `ASSETS` does.
 * In a clone whose sources have changed they are made anew first.
 */
export class ConsoleFiles {
  #paths: Promise<Set<string>> | undefined;

  /** Only files that were listed are read: no path leads out of the folder. */
  async find(path: string): Promise<StaticFile | undefined> {
    this.#paths ??= listed();
    if (!(await this.#paths).has(path)) return undefined;
    const content = new Uint8Array(await readFile(join(publicFolder, path)));
    return { content, type: types[extname(path)] ?? "application/octet-stream" };
  }
}

async function listed(): Promise<Set<string>> {
  if (existsSync(bundler) && !isFresh()) await promisify(execFile)(process.execPath, [bundler]);
  if (!existsSync(publicFolder)) return new Set();
  const entries = await readdir(publicFolder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return new Set(
    files.map(({ parentPath, name }) =>
      join(parentPath, name).slice(publicFolder.length).replaceAll("\\", "/"),
    ),
  );
}

function isFresh(): boolean {
  try {
    const { mtimeMs } = statSync(join(publicFolder, "console", "index.html"));
    const list = readFileSync(join(packageRoot, "dist", "console-sources.json"), "utf8");
    const sources = JSON.parse(list) as string[];
    return sources.every((path) => statSync(join(packageRoot, path)).mtimeMs <= mtimeMs);
  } catch {
    // Never made, or a source is gone.
    return false;
  }
}
