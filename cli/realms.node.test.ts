import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { freshStateRoot, rkat, type Served, startServe } from "./test-support.ts";

// Every test starts processes, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let server: Served;
let env: NodeJS.ProcessEnv;
const stateRoot = freshStateRoot();

beforeAll(async () => {
  server = await startServe(stateRoot);
  env = { RKAT_URL: server.url };
});

afterAll(async () => {
  await server.end("SIGTERM");
});

async function created(realm: string): Promise<string> {
  const { stdout } = await rkat(["run", "--json", "--realm", realm, "hi"], env);
  return JSON.parse(stdout).session_id;
}

describe("rkat realms", () => {
  it("says which realm commands work in", async () => {
    const named = await rkat(["realms", "current", "--realm", "team-a"], env);
    const own = await rkat(["realms", "current"], env);

    expect([named.code, named.stdout]).toEqual([0, "team-a\n"]);
    expect(own.stdout).toMatch(/^ws-[0-9a-f]{16}\n$/);
  });

  it("creates, lists and shows one", async () => {
    const made = await rkat(["--realm-backend", "jsonl", "realms", "create", "team-b"], env);
    const again = await rkat(["realms", "create", "team-b"], env);
    const list = await rkat(["realms", "list"], env);
    const shown = await rkat(["realms", "show", "team-b"], env);

    expect(made.stdout).toBe("Created realm 'team-b' backend=jsonl origin=explicit\n");
    expect(again.stdout).toBe("Realm exists already: 'team-b' backend=jsonl origin=explicit\n");
    const [header = "", ...rows] = list.stdout.trimEnd().split("\n");
    expect(header.split(/ {2,}/)).toEqual(["REALM", "BACKEND", "ORIGIN", "ACTIVE", "CREATED_AT"]);
    expect(rows.join("\n")).toMatch(/^team-b +jsonl +explicit +0 +\d{4}-\d\d-\d\d \d\d:\d\d$/m);
    expect(shown.stdout).toMatch(
      /^realm_id: team-b\nbackend: jsonl\norigin: explicit\ncreated_at: /,
    );
    expect(shown.stdout).toContain("\nactive_leases: 0\n");
  });

  it("deletes one for good, and says what was erased", async () => {
    const session = await created("team-c");

    const deleted = await rkat(["realms", "delete", "team-c"], env);
    const shown = await rkat(["realms", "show", "team-c"], env);
    const read = await rkat(["sessions", "show", session, "--realm", "team-c"], env);

    expect([deleted.code, deleted.stdout]).toEqual([
      0,
      "Deleted realm 'team-c' (phase=done sessions=1 erased=1 verified=1)\n",
    ]);
    expect([shown.code, shown.stderr]).toEqual([
      1,
      "Error: Realm 'team-c' was deleted\n`rkat realms list` shows the realms.\n",
    ]);
    expect(read.code).toBe(1);
  });

  it("prunes those that were not used for so long, and only them", async () => {
    await rkat(["run", "--isolated", "hi"], env);
    await rkat(["realms", "create", "team-d"], env);

    const young = await rkat(["realms", "prune", "--isolated-only"], env);
    // Its last use lies before a second that has not begun yet.
    const next = Math.floor(Date.now() / 1_000) + 1;
    await vi.waitUntil(() => Date.now() / 1_000 > next, { timeout: 3_000, interval: 10 });
    const all = ["realms", "prune", "--isolated-only", "--older-than-hours", "0"];
    const pruned = await rkat(all, env);
    const list = await rkat(["realms", "list"], env);

    expect(young.stdout).toBe("Pruned 0 realms\n");
    expect(pruned.stdout).toMatch(/^Deleted realm 'realm-\S+' \(.*\)\nPruned 1 realms\n$/);
    expect(list.stdout).toContain("team-d");
    expect(list.stdout).not.toContain("generated");
  });

  it("repairs the list of sessions, also from a file of ids", async () => {
    const session = await created("team-e");
    const file = join(stateRoot, "ids.txt");
    const nobody = crypto.randomUUID();
    writeFileSync(file, `team-e:${session}\n\n${nobody}\n`);

    const repaired = await rkat(["realms", "repair", "team-e", "--from-file", file], env);

    expect(repaired).toEqual({
      code: 0,
      stdout: "checked=3 repaired=0 removed=0 unreachable=0 missing=1\n",
      stderr: `no such session: ${nobody}\n`,
    });
  });

  it.each([
    ["global", "reserved"],
    ["a b", "letters"],
  ])("refuses the name %s", async (name, why) => {
    const { code, stderr } = await rkat(["realms", "create", name], env);

    expect(code).toBe(2);
    expect(stderr).toContain(why);
  });

  it("names the variable that holds an unknown backend", async () => {
    const { code, stderr } = await rkat(["realms", "list"], {
      ...env,
      RKAT_REALM_BACKEND: "mysql",
    });

    expect(code).toBe(2);
    expect(stderr).toContain("RKAT_REALM_BACKEND is one of sqlite, redb, jsonl, memory");
  });
});
