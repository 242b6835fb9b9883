import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freshStateRoot, rkat, startServe } from "./test-support.ts";

describe("rkat config", () => {
  it("reads, replaces and patches, each write with its generation", async () => {
    const root = freshStateRoot();
    const env = { RKAT_STATE_ROOT: root, RKAT_REALM: "team-alpha" };
    const file = join(root, "config.toml");
    writeFileSync(file, '[agent]\nmodel = "gpt-5.4"\n');

    const set = await rkat(["config", "set", "--json", '{"agent": {"model": "gpt-5.2"}}'], env);
    const patch = ["config", "patch", "--json", '{"budget": {"max_tokens": 50000}}'];
    const patched = await rkat([...patch, "--expected-generation", "1"], env);
    const late = await rkat([...patch, "--expected-generation", "1"], env);
    const fromFile = await rkat(["config", "set", file], env);
    const shown = await rkat(["config", "get", "--format", "json", "--with-generation"], env);

    expect(set).toMatchObject({ code: 0, stdout: "generation=1\n" });
    expect(patched).toMatchObject({ code: 0, stdout: "generation=2\n" });
    expect(late).toMatchObject({
      code: 1,
      stderr: "Error: Failed to patch config: generation conflict: expected 1, current 2\n",
    });
    expect(fromFile).toMatchObject({ code: 0, stdout: "generation=3\n" });
    expect(JSON.parse(shown.stdout)).toMatchObject({
      config: { agent: { model: "gpt-5.4" } },
      generation: 3,
      realm_id: "team-alpha",
    });
  });

  it("tells what has no effect, who changed what, and brings it back", async () => {
    const server = await startServe(freshStateRoot());
    const env = { RKAT_URL: server.url, RKAT_REALM: "team-alpha" };
    const toml = '[agent]\nmax_turns = 3\n[shell]\nprogram = "nu"\n';

    const set = await rkat(["config", "set", "--toml", toml], env);
    const patched = await rkat(["config", "patch", "--toml", "agent.max_turns = 5"], env);
    const refused = await rkat(["config", "patch", "--json", '{"agent":{"max_turns":-1}}'], env);
    const late = await rkat(["config", "restore", "1", "--expected-generation", "7"], env);
    const restored = await rkat(["config", "restore", "1"], env);
    const history = await rkat(["config", "history"], env);
    const newest = await rkat(["config", "history", "--limit", "1", "--format", "json"], env);
    const shown = await rkat(["config", "get", "--with-generation"], env);

    await server.end("SIGTERM");
    const note = "No effect on this deployment: shell\n";
    expect(set).toEqual({ code: 0, stdout: "generation=1\n", stderr: note });
    expect(patched).toMatchObject({ code: 0, stdout: "generation=2\n" });
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^Error: Failed to patch config: .*agent\.max_turns.*got -1/),
    });
    expect(late).toMatchObject({
      code: 1,
      stderr: "Error: Failed to restore config: generation conflict: expected 7, current 2\n",
    });
    expect(restored).toMatchObject({ code: 0, stdout: "generation=3\n" });
    const lines = history.stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split(/ {2,}/));
    const when = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d$/) as string;
    expect(lines).toEqual([
      ["GENERATION", "WHEN", "WHO", "ACTION", "CHANGED"],
      ["3", when, "open", "restore 1", "agent.max_turns"],
      ["2", when, "open", "patch", "agent.max_turns"],
      ["1", when, "open", "set", "agent.max_turns, shell.program"],
    ]);
    expect(JSON.parse(newest.stdout)).toMatchObject({
      generation: 3,
      history: [{ generation: 3 }],
    });
    expect(shown.stdout).toBe(`# generation = 3\n${toml.replace("\n[shell]", "\n\n[shell]")}`);
  });

  it.each([
    [["config", "set", "/nowhere/at-all.json"], "cannot be read"],
    [["config", "set", "--toml", "a = "], "not valid TOML"],
    [["config", "restore", "-1"], "-1"],
    [["config", "set"], "give the config once"],
    [["config", "set", "--json", "{"], "not valid JSON"],
    [["config", "patch", "--json", "[]"], "must be an object"],
  ])("refuses %j", async (args, reason) => {
    const refused = await rkat(args, { RKAT_STATE_ROOT: freshStateRoot() });

    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(reason);
  });
});
