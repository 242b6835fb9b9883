import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type FileLock, tryExclusiveLock, trySharedLock } from "./file-lock.ts";

// Every test starts processes, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const held: FileLock[] = [];

afterEach(() => {
  for (const lock of held.splice(0)) lock.release();
});

function keep(lock: FileLock | undefined): boolean {
  if (lock) held.push(lock);
  return lock !== undefined;
}

const freshPath = () => join(mkdtempSync(join(tmpdir(), "rkat-lock-")), "lock.sqlite");

/** Another process that takes the lock, says so, and holds it until it dies. */
async function holder(path: string, kind: "tryExclusiveLock" | "trySharedLock") {
  const module = new URL("file-lock.ts", import.meta.url).href;
  const code = `import { ${kind} } from ${JSON.stringify(module)};
    const lock = ${kind}(${JSON.stringify(path)});
    console.log(lock ? "held" : "refused");
    setInterval(() => lock, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said] = await once(child.stdout, "data");
  expect(String(said)).toBe("held\n");
  return {
    kill: async () => {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

describe("a file lock", () => {
  it("excludes another process, and vanishes with it however it dies", async () => {
    const path = freshPath();
    const other = await holder(path, "tryExclusiveLock");
    expect(tryExclusiveLock(path)).toBeUndefined();
    expect(trySharedLock(path)).toBeUndefined();

    await other.kill();

    expect(keep(tryExclusiveLock(path))).toBe(true);
  });

  it("is shared by many, and kept from one who wants it alone", async () => {
    const path = freshPath();
    const other = await holder(path, "trySharedLock");
    const mine = trySharedLock(path);

    expect(mine).toBeDefined();
    expect(tryExclusiveLock(path)).toBeUndefined();

    mine?.release();
    expect(tryExclusiveLock(path)).toBeUndefined();

    await other.kill();
    expect(keep(tryExclusiveLock(path))).toBe(true);
  });

  it("can be taken again once it is released", () => {
    const path = freshPath();
    tryExclusiveLock(path)?.release();

    expect(keep(tryExclusiveLock(path))).toBe(true);
  });
});
