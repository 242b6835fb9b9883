import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import {
  freshStateRoot,
  launcher,
  rkat,
  type Served,
  spawnRkat,
  startServe,
} from "./test-support.ts";

// Every test starts processes, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let server: Served;
let env: NodeJS.ProcessEnv;
/** Oldest first. */
const ids: string[] = [];

beforeAll(async () => {
  server = await startServe(freshStateRoot());
  env = { RKAT_URL: server.url };
  for (const prompt of ["first", "second", "third"]) {
    await nextSecond();
    const { stdout } = await rkat(["run", "--json", "--label", `nth=${prompt}`, prompt], env);
    ids.push(JSON.parse(stdout).session_id);
  }
});

afterAll(async () => {
  await server.end("SIGTERM");
});

/** The directory orders sessions by whole seconds. */
async function nextSecond(): Promise<void> {
  const second = () => Math.floor(Date.now() / 1_000);
  const now = second();
  await vi.waitUntil(() => second() > now, { timeout: 2_000, interval: 10 });
}

const idOf = (nth: number) => ids[nth] ?? "";
const resumed = (stderr: string) => /^Session: (\S+)$/m.exec(stderr)?.[1];

describe("rkat sessions", () => {
  it("lists what there is in columns", async () => {
    const { code, stdout } = await rkat(["sessions", "list"], env);
    const [header = "", ...rows] = stdout.trimEnd().split("\n");

    expect(code).toBe(0);
    expect(header.split(/ {2,}/)).toEqual([
      "ID",
      "SESSION_REF",
      "MESSAGES",
      "CREATED",
      "UPDATED",
      "LABELS",
    ]);
    expect(new Set(rows.map((row) => row.split(" ")[0]))).toEqual(new Set(ids));
    expect(rows[0]).toMatch(/ \d{4}-\d\d-\d\d \d\d:\d\d /);
  });

  it("lists pages and labels", async () => {
    const page = await rkat(["sessions", "list", "--limit", "2", "--offset", "2"], env);
    expect(page.stdout.trimEnd().split("\n")).toHaveLength(2);

    const labelled = await rkat(["sessions", "list", "--label", "nth=second"], env);
    expect(labelled.stdout).toContain(idOf(1));
    expect(labelled.stdout).not.toContain(idOf(2));

    const none = await rkat(["sessions", "list", "--label", "nth=fourth"], env);
    expect(none.stdout).toBe("No sessions found.\n");
  });

  it("shows one, by the end of its id", async () => {
    const { stdout } = await rkat(["sessions", "show", idOf(0).slice(-8)], env);

    expect(stdout).toContain(`Session: ${idOf(0)}\nSession Ref: `);
    expect(stdout).toContain(`:${idOf(0)}\nMessages: 3\nVersion: `);
    expect(stdout).toContain("[1] USER:\nfirst\n\n[2] ASSISTANT:\nThis is the demo provider");
  });

  it("interrupts an idle one without complaint", async () => {
    const { code, stdout } = await rkat(["sessions", "interrupt", idOf(0)], env);

    expect([code, stdout]).toEqual([0, `Interrupted session: ${idOf(0)}\n`]);
  });

  it("forks one and rewinds the fork", async () => {
    const inFork = (...args: string[]) => rkat(["--realm", "forks", ...args], env);
    await inFork("run", "--label", "nth=first", "Hi");
    await inFork("resume", "last", "And now?");

    const forked = await inFork("sessions", "fork", "last", "--label", "nth=fork");
    const [, id] = /^Forked session: (\S+)$/m.exec(forked.stdout) ?? [];
    const early = await inFork("sessions", "fork", "~2", "--at", "2");
    const rewound = await inFork("sessions", "rewind", id?.slice(-8) ?? "", "--turns", "2");

    expect(forked.stdout).toBe(`Forked session: ${id}\nSession Ref: forks:${id}\nMessages: 5\n`);
    expect(early.stdout).toMatch(/\nMessages: 2\n$/);
    expect(rewound.stdout).toBe(`Rewound session: ${id}\nMessages: 1 (4 removed)\n`);
    const list = await inFork("sessions", "list", "--label", "nth=fork");
    expect(list.stdout.trimEnd().split("\n")).toHaveLength(2);
    expect(await inFork("sessions", "rewind", id ?? "")).toMatchObject({
      code: 1,
      stderr: "Error: The transcript has 0 turns: 1 cannot be undone\n",
    });
    expect(await inFork("sessions", "fork", "last", "--at", "0")).toMatchObject({ code: 2 });
  });

  it("deletes one, and does not know it afterwards", async () => {
    const { stdout } = await rkat(["run", "--json", "--realm", "bin", "Hi"], env);
    const { session_id: id } = JSON.parse(stdout);
    const inBin = (...args: string[]) => rkat(["--realm", "bin", "sessions", ...args], env);

    expect((await inBin("delete", "last")).stdout).toBe(
      `Deleted session: ${id}\nSession Ref: bin:${id}\n`,
    );
    expect(await inBin("delete", id)).toMatchObject({ code: 1, stdout: "" });
    expect((await inBin("list")).stdout).toBe("No sessions found.\n");
  });

  it("tells which realm a reference belongs to", async () => {
    const { code, stderr } = await rkat(["sessions", "show", `elsewhere:${idOf(0)}`], env);

    expect(code).toBe(1);
    expect(stderr).toContain("elsewhere");
  });
});

describe("rkat resume", () => {
  it("takes ids, prefixes, aliases and steps back", async () => {
    const third = await rkat(["resume", "last", "Keep going"], env);
    expect([third.code, resumed(third.stderr)]).toEqual([0, idOf(2)]);

    const first = await rkat(["resume", idOf(0), "Keep going"], env);
    expect(resumed(first.stderr)).toBe(idOf(0));
    expect(first.stderr).toMatch(new RegExp(`^Session Ref: ws-[0-9a-f]{16}:${idOf(0)}$`, "m"));

    expect(resumed((await rkat(["c", "Keep going"], env)).stderr)).toBe(idOf(0));
    expect(resumed((await rkat(["continue", "Keep going"], env)).stderr)).toBe(idOf(0));
    expect(resumed((await rkat(["resume", "~1", "Keep going"], env)).stderr)).toBe(idOf(0));
    const prefix = idOf(1).slice(0, -4);
    expect(resumed((await rkat(["resume", `${prefix}...`, "Go on"], env)).stderr)).toBe(idOf(1));
  });

  it("goes back two", async () => {
    const two = { ...env, RKAT_REALM: "two" };
    const older = JSON.parse((await rkat(["--json", "older"], two)).stdout).session_id;
    await nextSecond();
    await rkat(["newer"], two);

    const { stderr } = await rkat(["resume", "~2", "Go back to this one"], two);

    expect(resumed(stderr)).toBe(older);
  });

  it("is `run --resume`, too", async () => {
    const own = { ...env, RKAT_REALM: "resumed" };
    const id = async (...args: string[]) =>
      JSON.parse((await rkat([...args, "--json"], own)).stdout).session_id;
    const older = await id("run", "One");
    await nextSecond();
    const newer = await id("run", "Two");

    expect(await id("run", "--resume", "Three")).toBe(newer);
    await nextSecond();
    expect(await id(`--resume=${older}`, "Four")).toBe(older);
    expect(await id("Five", "--resume")).toBe(older);
  });

  it("refuses what it cannot find or tell apart", async () => {
    expect((await rkat(["resume", "zzz", "Hi"], env)).stderr).toBe(
      "Error: No session matching 'zzz'\n`rkat sessions list` shows the sessions of this realm.\n",
    );
    const ambiguous = await rkat(["resume", "0", "Hi"], env);
    expect(ambiguous.code).toBe(1);
    expect(ambiguous.stderr).toContain("Ambiguous prefix '0': matches 3 sessions.");
    expect((await rkat(["--realm", "empty", "c", "Hi"], env)).stderr).toBe(
      "Error: No sessions found in this realm\n",
    );
  });
});

describe("rkat watch", () => {
  const inWatched = (...args: string[]) => rkat(["--realm", "watched", ...args], env);

  it("shows a running turn from its beginning, and leaves with it when told to", async () => {
    await inWatched("run", "An older turn");
    const running = spawnRkat(["--realm", "watched", "resume", "last", "-s", "slow please"], env);
    running.stdin.end();
    const ended = once(running, "close");
    await Promise.race([once(running.stdout, "data"), ended]);

    const { code, stdout, stderr } = await inWatched("watch", "~1", "--once");
    await ended;

    expect(code).toBe(0);
    expect(stdout).toMatch(/^This is the demo provider.*"slow please".*\n$/);
    expect(stderr).toMatch(/^Watching session \S+ \(running\); Ctrl-C cancels its turn\.$/m);
    expect(stderr).toContain("▶ slow please");
    expect(stderr).not.toContain("An older turn");
  });

  it("prints the log from any place on as JSON, an event a line", async () => {
    const watching = spawnRkat(["--realm", "watched", "watch", "last", "--after=0", "--json"], env);
    const closed = once(watching, "close");
    const types: string[] = [];
    for await (const line of createInterface({ input: watching.stdout })) {
      const { payload, seq } = JSON.parse(line);
      expect(seq).toBeGreaterThan(0);
      types.push(payload.type);
      if (types.filter((type) => type === "run_completed").length === 2) break;
    }
    // The session is idle: there is nothing to cancel, so Ctrl-C leaves.
    watching.kill("SIGINT");
    await closed;

    expect(types).toContain("run_started");
    expect(types).toContain("text_delta");
    expect(watching.exitCode).toBe(0);
  });

  it.each([
    [["watch", "zzz"], 1, "No session matching 'zzz'"],
    [["watch", "last", "-f", "primary"], 2, "needs --stream-view focus"],
    [["watch", "last", "--after", "99999999"], 1, "above the newest event"],
  ])("%j says what is wrong", async (args, code, message) => {
    const finished = await rkat(args, env);

    expect([finished.code, finished.stderr]).toEqual([code, expect.stringContaining(message)]);
  });
});

describe("completion", () => {
  const completed = async (...words: string[]) => {
    const { stdout } = await rkat(["complete", "--", ...words], env);
    return stdout.trimEnd().split("\n");
  };

  it("knows commands, flags, choices and sessions", async () => {
    expect(await completed("sessions", "sho")).toEqual([
      "show\tprint a session and its transcript",
    ]);
    expect(await completed("resume", "last", "--stream-f")).toEqual([
      "--stream-focus\tthe scope of --stream-view focus",
    ]);
    expect(await completed("run", "-p", "an")).toEqual(["anthropic"]);
    expect(await completed("completion", "z")).toEqual(["zsh"]);
    const found = await completed("sessions", "show", idOf(0).slice(0, -2));
    expect(found).toContainEqual(expect.stringMatching(`^${idOf(0)}\t\\d+ messages nth=first$`));
    expect(await completed("--realm", "empty", "sessions", "delete", "")).toEqual([
      "last\tthe most recent session",
    ]);
  });

  it("starts no server to find sessions", async () => {
    const own = { RKAT_STATE_ROOT: freshStateRoot() };

    expect((await rkat(["complete", "--", "watch", ""], own)).stdout).toBe("");
  });

  it("works in bash", async () => {
    const { stdout: script } = await rkat(["completion", "bash"]);
    const typed = 'COMP_WORDS=(rkat sess); COMP_CWORD=1; _rkat; echo "${COMPREPLY[@]}"';
    const call = `rkat() { "${process.execPath}" "${launcher}" "$@"; }`;
    const shell = spawnSync("bash", ["-c", `${call}\n${script}\n${typed}`], { encoding: "utf8" });

    expect(shell.stdout).toBe("sessions\n");
  });

  it.skipIf(spawnSync("fish", ["--version"]).status !== 0)("works in fish", async () => {
    const { stdout: script } = await rkat(["completion", "fish"]);
    const call = `function rkat; "${process.execPath}" "${launcher}" $argv; end`;
    const typed = 'complete -C "rkat sess"; complete -C "rkat sessions show "';
    const shell = spawnSync("fish", ["--private", "-c", `${call}\n${script}\n${typed}`], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], HOME: freshStateRoot(), RKAT_URL: server.url },
    });

    expect(shell.stdout).toMatch(/^sessions\t/);
    expect(shell.stdout).toContain("last\tthe most recent session\n");
  });
});

describe("what the deployment is", () => {
  it("prints models and capabilities as JSON", async () => {
    const models = await rkat(["models", "catalog"], env);
    const names = JSON.parse(models.stdout).providers.map(
      ({ provider }: { provider: string }) => provider,
    );
    expect(names).toContain("anthropic");
    expect((await rkat(["models", "--json"], env)).stdout).toBe(models.stdout);

    const capabilities = JSON.parse((await rkat(["capabilities"], env)).stdout);
    expect(capabilities).toMatchObject({ capabilities: expect.any(Array) });
  });

  it("prints models as a table with sizes and prices", async () => {
    const { code, stdout } = await rkat(["models"], env);
    const cells = stdout.split("\n").map((line) => line.split(/ {2,}/));

    expect(code).toBe(0);
    expect(cells[0]).toEqual("PROVIDER,MODEL,CONTEXT,OUTPUT,IN $/M,OUT $/M,CACHED $/M".split(","));
    expect(cells).toContainEqual("anthropic,claude-opus-4-6 *,200K,128K,5,25,0.5".split(","));
    expect(cells).toContainEqual("openai,gpt-5.5,1.05M,128K,5+,30+,0.5+".split(","));
    expect((await rkat(["models", "catalog", "-o", "text"], env)).stdout).toBe(stdout);
  });

  it("prints the config as TOML or JSON, with its generation on request", async () => {
    const plain = await rkat(["config", "get"], env);
    expect(plain.code).toBe(0);
    expect(plain.stdout).not.toContain("generation");

    const toml = await rkat(["config", "get", "--with-generation"], env);
    expect(toml.stdout).toBe(`# generation = 0\n${plain.stdout}`);

    const json = await rkat(["config", "get", "--format", "json", "--with-generation"], env);
    expect(JSON.parse(json.stdout)).toMatchObject({ generation: 0, config: {} });
  });
});
