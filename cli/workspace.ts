import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;

/** The realm that belongs to a directory's project, the same on every run (contract 1.1). */
export function workspaceRealm(directory: string): string {
  return `ws-${fnv1a64(projectRoot(realpathSync(directory)))}`;
}

/** FNV-1a, 64 bits, as 16 hex digits: what workspace realms are named by. */
export function fnv1a64(text: string): string {
  let hash = FNV_OFFSET;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * FNV_PRIME);
  }
  return hash.toString(16).padStart(16, "0");
}

function projectRoot(start: string): string {
  for (let directory = start; ; directory = dirname(directory)) {
    if (existsSync(join(directory, ".git")) || existsSync(join(directory, ".rkat"))) {
      return directory;
    }
    if (directory === dirname(directory)) return start;
  }
}
