import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The installed package's folder, whether the CLI runs from source or from its bundle. */
export const packageRoot = findPackageRoot(import.meta.dirname);

/** The version that `rkat --version` prints. */
export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
  const named = typeof manifest === "object" && manifest !== null && "version" in manifest;
  return named ? String(manifest.version) : "unknown";
}

function findPackageRoot(start: string): string {
  let directory = start;
  while (!existsSync(join(directory, "package.json"))) directory = dirname(directory);
  return directory;
}
