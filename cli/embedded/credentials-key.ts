import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StateRoot } from "./state-root.ts";

/**
 * The secret that seals provider keys on this machine, made when the state root is first served. Only its
 * owner can read the file; who loses it must set the keys anew.
 */
export function credentialsKey({ path }: StateRoot): string {
  const file = join(path, "credentials.key");
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "ENOENT")) throw cause;
  }
  const key = `local-${randomBytes(4).toString("hex")}:${randomBytes(32).toString("base64")}`;
  const draft = `${file}.${process.pid}`;
  // On the disk and whole before anything is sealed with it. Nobody else writes: we hold the root's lock.
  writeFileSync(draft, `${key}\n`, { mode: 0o600, flush: true });
  renameSync(draft, file);
  return key;
}
