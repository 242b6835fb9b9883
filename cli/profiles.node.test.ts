import { mkdtempSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "smol-toml";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { freshStateRoot, rkat, type Served, startServe } from "./test-support.ts";

// Every test starts processes, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const TOKEN = "a-token-of-at-least-32-characters-0123";
let server: Served;
let home: string;
const mine = () => ({ XDG_CONFIG_HOME: home, RKAT_STATE_ROOT: freshStateRoot() });

beforeAll(async () => {
  server = await startServe(freshStateRoot(), { RKAT_ADMIN_TOKEN: TOKEN });
  home = mkdtempSync(join(tmpdir(), "rkat-config-"));
});

afterAll(async () => {
  await server.end("SIGTERM");
});

describe("rkat login", () => {
  it("keeps an address and a token that work, for the user alone", async () => {
    const wrong = await rkat(["login", server.url], mine(), "nonsense\n");
    expect([wrong.code, wrong.stderr]).toEqual([
      1,
      expect.stringContaining("does not accept this token; nothing was kept"),
    ]);
    expect((await rkat(["profiles"], mine())).stdout).toBe("No profiles found.\n");

    const login = await rkat(["login", server.url, "--realm", "team-alpha"], mine(), `${TOKEN}\n`);
    const work = await rkat(["login", server.url, "--profile", "work"], mine(), TOKEN);

    expect(login.stdout).toBe(`Logged in to ${server.url} as profile 'default'\n`);
    expect(work.code).toBe(0);
    const path = join(home, "rkat", "profiles.json");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, "utf8")).toContain(TOKEN);
  });

  it("is what commands use from then on", async () => {
    const { stdout } = await rkat(["profiles"], mine());
    expect(stdout).not.toContain(TOKEN);
    expect(stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
      ["PROFILE", "URL", "REALM", "TOKEN"],
      ["default", server.url, "team-alpha", "yes"],
      ["work *", server.url, "-", "yes"],
      [""],
    ]);

    const made = await rkat(["--json", "Hi"], { ...mine(), RKAT_PROFILE: "default" });
    expect(JSON.parse(made.stdout).session_ref).toMatch(/^team-alpha:/);
    const listed = await rkat(
      ["sessions", "list", "--profile", "work", "-r", "team-alpha"],
      mine(),
    );
    expect(listed.stdout).toContain("team-alpha:");
  });

  it.each([
    [["sessions", "list", "--profile", "nobody"], "there are local, default, work"],
    [["logout", "--profile", "nobody"], "`rkat profiles` shows"],
    [["login", "https://user:secret@host.example"], "must not carry a password"],
    [["login", "http://"], "not the address"],
    [["login", "http://127.0.0.1:9", "--profile", "local"], "means this machine"],
  ])("%j is a usage error", async (args, message) => {
    const { code, stderr } = await rkat(args, mine());

    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it("is forgotten on request", async () => {
    await rkat(["profiles", "use", "default"], mine());
    expect((await rkat(["logout"], mine())).stdout).toContain("(profile 'default')");

    const { stdout } = await rkat(["profiles"], mine());
    expect(stdout).not.toContain("default");
    expect(stdout).toContain("work ");
  });
});

describe("rkat doctor", () => {
  const areas = (stdout: string) =>
    Object.fromEntries(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.split("\t"))
        .map(([verdict = "", area = "", message = ""]) => [area, `${verdict}: ${message}`]),
    );

  it("finds a deployment in order", async () => {
    const { code, stdout } = await rkat(["doctor", "--profile", "work"], mine());

    expect(code).toBe(0);
    expect(stdout).toMatch(/^((ok|warn|none)\t[^\t\n]+\t[^\t\n]+\n)+$/);
    expect(areas(stdout)).toMatchObject({
      profile: expect.stringMatching(/^ok: 'work'/),
      server: `ok: ${server.url} answers`,
      auth: "ok: the token is accepted",
      version: expect.stringMatching(/^ok: contract \d/),
      "key:openai": expect.stringContaining("warn: not set; OPENAI_API_KEY"),
      state: expect.stringMatching(/^ok: .* is free$/),
      "health:realm": expect.stringMatching(/^ok: \d+ ms$/),
      "health:recovery": expect.stringMatching(/^none: unmeasured: ./),
    });
  });

  it.each([
    ["a wrong token", () => ({ RKAT_URL: server.url, RKAT_TOKEN: "wrong" }), "auth"],
    ["nobody at the address", () => ({ RKAT_URL: "http://127.0.0.1:9" }), "server"],
  ])("finds %s", async (_, env, area) => {
    const { code, stdout } = await rkat(["doctor"], { ...mine(), ...env() });

    expect(code).toBe(1);
    expect(areas(stdout)[area]).toMatch(/^warn: /);
  });

  it("starts no server", async () => {
    const { code, stdout } = await rkat(["doctor", "--profile", "local"], mine());

    expect(code).toBe(0);
    expect(areas(stdout)["server"]).toContain("none runs here");
  });
});

describe("rkat init", () => {
  it("writes a Worker and its settings, once", async () => {
    const folder = mkdtempSync(join(tmpdir(), "rkat-init-"));
    const first = await rkat(["init", folder, "--name", "my-agents"]);
    const path = join(folder, "wrangler.toml");
    const text = readFileSync(path, "utf8");
    const { name, main } = parse(text) as { name: string; main: string };

    expect(first.stdout).toContain("npx wrangler secret put RKAT_ADMIN_TOKEN");
    expect(name).toBe("my-agents");
    expect(first.stdout).toContain(`Wrote ${path} and src/index.ts`);
    expect(readFileSync(join(folder, main), "utf8")).toContain('from "meerkat-edge/worker"');
    expect(text).toMatch(/^# /m);

    const second = await rkat(["init", folder, "--name", "other"]);
    expect(second.stdout).toBe(`${path} exists already (my-agents); nothing was changed\n`);
    expect(readFileSync(path, "utf8")).toBe(text);
    expect(await rkat(["init", folder, "--name", "No Name"])).toMatchObject({ code: 2 });
  });
});
