import { mkdirSync, mkdtempSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { durationMs, jsonObject, keyValues, scalar } from "./flag-values.ts";
import { wrapPrompt } from "./prompt-input.ts";
import { chooseView, linePrefix, shows } from "./stream-view.ts";
import { fnv1a64, workspaceRealm } from "./workspace.ts";

describe("flag values", () => {
  it.each([
    ["30s", 30_000],
    ["5m", 300_000],
    ["1h30m", 5_400_000],
    ["500ms", 500],
    ["1.5s", 1_500],
  ])("reads %s as a duration", (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  it.each(["", "30", "s", "5 m", "1d"])("refuses '%s' as a duration", (text) => {
    expect(() => durationMs(text)).toThrow("30s, 5m or 1h30m");
  });

  it("splits pairs at the first equals sign", () => {
    expect(keyValues("--label", ["team=infra", "query=a=b", "empty="])).toEqual({
      team: "infra",
      query: "a=b",
      empty: "",
    });
    expect(() => keyValues("--label", ["team"])).toThrow("--label wants key=value, not 'team'");
    expect(() => keyValues("--label", ["=x"])).toThrow("key=value");
  });

  it("means numbers and booleans as such", () => {
    expect(["0.7", "42", "-1e3", "true", "high", "007", ""].map(scalar)).toEqual([
      0.7,
      42,
      -1000,
      true,
      "high",
      "007",
      "",
    ]);
  });

  it("takes JSON objects only", () => {
    expect(jsonObject('{"thinking":{"type":"adaptive"}}')).toEqual({
      thinking: { type: "adaptive" },
    });
    for (const text of ["[1]", "1", "null", "{"]) {
      expect(() => jsonObject(text)).toThrow("not a JSON object");
    }
  });
});

describe("a stream view", () => {
  it.each([
    [{ streamView: "mux" }, false, "need --stream"],
    [{ streamFocus: "primary" }, false, "need --stream"],
    [{ streamFocus: "primary" }, true, "needs --stream-view focus"],
    [{ streamView: "mux", streamFocus: "primary" }, true, "needs --stream-view focus"],
    [{ streamView: "focus" }, true, "needs --stream-focus"],
    [{ streamView: "focus", streamFocus: "mob:" }, true, "invalid stream focus 'mob:'"],
    [{ streamView: "focus", streamFocus: "mob:a/b" }, true, "invalid stream focus"],
    [{ streamView: "focus", streamFocus: "mob:a b" }, true, "invalid stream focus"],
    [{ streamView: "focus", streamFocus: "planner" }, true, "invalid stream focus"],
  ])("%o is refused before anything runs", (flags, streaming, message) => {
    expect(() => chooseView(flags, streaming)).toThrow(message);
  });

  it("shows what its scope says", () => {
    const focus = chooseView({ streamView: "focus", streamFocus: "mob:planner" }, true);
    expect([shows(focus, "primary"), shows(focus, "mob:planner")]).toEqual([false, true]);

    const primary = chooseView({}, true);
    expect([shows(primary, "primary"), shows(primary, "mob:planner")]).toEqual([true, false]);

    const mux = chooseView({ streamView: "mux" }, true);
    expect(shows(mux, "mob:planner") && linePrefix(mux, "mob:planner")).toBe("[mob:planner] ");
  });
});

describe("the workspace realm", () => {
  it.each([
    ["", "cbf29ce484222325"],
    ["a", "af63dc4c8601ec8c"],
    ["foobar", "85944171f73967e8"],
  ])("is named by FNV-1a of '%s'", (text, hash) => {
    expect(fnv1a64(text)).toBe(hash);
  });

  it.each([".git", ".rkat"])("is that of the nearest folder with %s", (marker) => {
    const root = realpathSync(mkdtempSync(join(tmpdir(), "rkat-workspace-")));
    mkdirSync(join(root, marker));
    mkdirSync(join(root, "a", "b"), { recursive: true });

    expect(workspaceRealm(join(root, "a", "b"))).toBe(`ws-${fnv1a64(root)}`);
  });

  it("is the folder's own without a project around it", () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "rkat-workspace-")));

    expect(workspaceRealm(folder)).toBe(`ws-${fnv1a64(folder)}`);
  });
});

describe("piped input", () => {
  it("stands before the prompt, marked off from it", () => {
    expect(wrapPrompt("a\nb", "Sum up")).toBe("<stdin>\na\nb\n</stdin>\n\nSum up");
    expect(wrapPrompt("", "Sum up")).toBe("Sum up");
  });
});
