import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freshStateRoot, rkat } from "./test-support.ts";

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

  it.each([
    [["config", "set"], "give the config once"],
    [["config", "set", "--json", "{"], "not valid JSON"],
    [["config", "patch", "--json", "[]"], "must be an object"],
  ])("refuses %j", async (args, reason) => {
    const refused = await rkat(args, { RKAT_STATE_ROOT: freshStateRoot() });

    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(reason);
  });
});
