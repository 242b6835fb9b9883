import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { freshStateRoot, rkat, type Served, spawnRkat, startServe, until } from "./test-support.ts";

// Every test starts processes, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let server: Served;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  server = await startServe(freshStateRoot());
  env = { RKAT_URL: server.url };
});

afterAll(async () => {
  await server.end("SIGTERM");
});

const DEMO = "The built-in demo script answers, not a model";

describe("rkat run", () => {
  it("prints the answer, and everything else elsewhere", async () => {
    const { code, stdout, stderr } = await rkat(["run", "What is the capital of France?"], env);

    expect(code).toBe(0);
    expect(stdout).toMatch(/^This is the demo provider.*real answers\.\n$/);
    const [notice, summary, end] = stderr.split("\n");
    expect(notice).toContain(DEMO);
    expect(summary).toMatch(/^\[Session: [\da-f]{8} \| Turns: 1 \| Tokens: \d+ in \/ \d+ out\]$/);
    expect(end).toBe("");
  });

  it.each([["--stream"], ["-s", "-w", "primary"], ["-s", "-w", "focus", "-f", "primary"]])(
    "prints the same with %s",
    async (...flags) => {
      const { code, stdout } = await rkat(["run", ...flags, "Tell me a story"], env);

      expect(code).toBe(0);
      expect(stdout).toMatch(/^This is the demo provider.*"Tell me a story".*\n$/);
    },
  );

  it("names the scope of each line in the mux view", async () => {
    const { stdout } = await rkat(["run", "-s", "-w", "mux", "Plan the release"], env);

    expect(stdout).toMatch(/^\[primary\] This is the demo provider/);
  });

  it("fails when the focused scope never appeared", async () => {
    const { code, stdout, stderr } = await rkat(
      ["run", "--stream", "--stream-view", "focus", "--stream-focus", "mob:planner", "Draft steps"],
      env,
    );

    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(
      "stream focus 'mob:planner' never appeared; scopes of this run: primary",
    );
  });

  it.each([["-o", "json"], ["--json"], ["--json", "--stream"]])(
    "prints one JSON object with %s %s",
    async (...flags) => {
      const { code, stdout } = await rkat(["Hello", ...flags], env);

      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toEqual({
        text: expect.stringContaining("Hello"),
        session_id: expect.stringMatching(/^[\da-f-]{36}$/),
        session_ref: expect.stringMatching(/^ws-[\da-f]{16}:[\da-f-]{36}$/),
        turns: 1,
        tool_calls: 0,
        usage: { input_tokens: 0, output_tokens: 0 },
        structured_output: null,
        schema_warnings: null,
        skill_diagnostics: null,
      });
    },
  );

  describe("with --schema", () => {
    const schema = { properties: { city: { type: "string" } }, required: ["city"] };
    const hopeless = { properties: { a: { type: "string", pattern: "^x" } }, required: ["a"] };
    const inline = JSON.stringify(schema);
    const impossible = ["--schema", JSON.stringify(hopeless), "--structured-output-retries", "0"];

    it.each([
      ["--schema", inline],
      ["--output-schema", inline],
      ["--stream", "--schema", inline],
      ["--schema", inline, "--output-schema-compat", "strict"],
    ])("prints JSON that fits and nothing else (%s %s %s %s)", async (...flags) => {
      const { code, stdout } = await rkat(["run", ...flags, "Where is the Louvre?"], env);

      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toEqual({ city: "demo" });
    });

    it("reads a file, and resumes with another", async () => {
      const file = join(freshStateRoot(), "schema.json");
      writeFileSync(file, inline);
      const first = await rkat(["run", "--schema", file, "--json", "Hi"], env);
      const { session_id, ...result } = JSON.parse(first.stdout);

      expect(result).toMatchObject({ structured_output: { city: "demo" }, turns: 2 });
      expect(result.text).toContain("This is the demo provider");
      const flag = '{"properties":{"a":{"type":"integer"}},"required":["a"]}';
      const second = await rkat(["resume", session_id, "--schema", flag, "Go on"], env);
      expect(JSON.parse(second.stdout)).toEqual({ a: 0 });
    });

    it("fails without output when nothing fits, and shows the answer elsewhere", async () => {
      const { code, stdout, stderr } = await rkat(["run", ...impossible, "Hi"], env);

      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toContain("This is the demo provider");
      expect(stderr).toContain("Error: no JSON that fits the schema after 1 attempt: #/a:");
    });

    it("prints the failure with --json too", async () => {
      const { code, stdout } = await rkat(["run", ...impossible, "--json", "Hi"], env);

      expect(code).toBe(1);
      expect(JSON.parse(stdout)).toMatchObject({
        text: expect.stringContaining("demo provider"),
        structured_output: null,
        extraction_error: { attempts: 1, last_output: '{"a":"demo"}' },
      });
    });
  });

  it("runs tools, and tells about them on request", async () => {
    const { stdout, stderr } = await rkat(["run", "-t", "safe", "-v", "tool:datetime"], env);

    expect(stdout).toContain("The tool answered:");
    expect(stderr).toMatch(/→ datetime \{\}\n← datetime \(\d+ ms\)\n {2}\{/);
    expect(stderr).toContain("Turns: 2");
  });

  it("puts piped input before the prompt", async () => {
    const piped = await rkat(["run", "Sum up"], env, "some\nlog\n");
    expect(piped.stdout).toContain('You said: "<stdin>\nsome\nlog\n</stdin>\n\nSum up"');

    const ignored = await rkat(["run", "--stdin", "off", "Sum up"], env, "some\nlog\n");
    expect(ignored.stdout).toContain('You said: "Sum up"');
  });

  it("runs a turn for each line of standard input", async () => {
    const lines = ["run", "--stdin", "lines", "--line-format", "json", "Watch out"];
    const { code, stdout } = await rkat(lines, env, '{"disk": 91}\n\n{"disk": 99}\n');

    expect(code).toBe(0);
    const said = [...stdout.matchAll(/You said: "(.*?)"\./g)].map(([, prompt]) => prompt);
    expect(said).toEqual([
      "Watch out",
      '[EVENT via stdin] {"disk":91}',
      '[EVENT via stdin] {"disk":99}',
    ]);

    const wrong = await rkat(lines, env, "disk full\n");
    expect([wrong.code, wrong.stderr]).toEqual([
      1,
      expect.stringContaining("line 1 of standard input"),
    ]);
  });

  it.each(["--app-context={}", "--allow-tool=datetime", "--block-tool=shell", "--wait-for-mcp"])(
    "says that %s is not available, and what is",
    async (flag) => {
      const { code, stderr } = await rkat(["run", flag, "Hi"], env);

      expect(code).toBe(1);
      expect(stderr).toMatch(/^Error: --[a-z-]+ is not available on this deployment; \S.*\n$/);
    },
  );

  it.each([["mob"], ["skills"], ["blob"]])(
    "says that there is no %s, instead of asking a model about it",
    async (name) => {
      const { code, stdout, stderr } = await rkat([name, "list", "--all"], env);

      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toMatch(/^Error: this deployment has no .+; `rkat capabilities` tells/);
    },
  );

  it("takes the original's older names of flags", async () => {
    const named = ["--system-prompt", "Be brief.", "--provider-params-json", "{}"];
    await rkat(["--realm", "older", "run", ...named, "Hi"], env);

    const { stdout } = await rkat(["--realm", "older", "sessions", "show", "last"], env);
    expect(stdout).toContain("[0] SYSTEM:\nBe brief.");
  });

  it("ends a failed turn in a sentence, and says how to go on", async () => {
    const { code, stderr } = await rkat(["run", "--model", "demo", "Please fail"], env);

    expect(code).toBe(1);
    expect(stderr).toContain("Error: demo failed because the prompt asked it to");
    const [, id = ""] = /rkat resume (\S+) /.exec(stderr) ?? [];
    expect((await rkat(["resume", id, "Go on"], env)).code).toBe(0);
  });

  it.each([
    [["run"], "missing required argument 'prompt'"],
    [[""], "the prompt is empty"],
    [["what", "is", "this"], 'put it in quotes, rkat "what is this"'],
    [["run", "--resume", "--label", "a=b", "Hi"], "leave it out with --resume"],
    [["run", "--nonsense", "Hi"], "unknown option '--nonsense'"],
    [["run", "-s", "--no-stream", "Hi"], "--stream and --no-stream exclude each other"],
    [["run", "-w", "mux", "Hi"], "need --stream"],
    [["run", "-s", "-w", "sideways", "Hi"], "Allowed choices are primary, mux, focus"],
    [["run", "-d", "soon", "Hi"], "30s, 5m or 1h30m"],
    [["run", "--label", "team", "Hi"], "--label wants key=value"],
    [["run", "--params-json", "[]", "Hi"], "not a JSON object"],
    [["run", "--schema", "no-such-file.json", "Hi"], "no-such-file.json is no readable JSON"],
    [["run", "--schema", "{", "Hi"], "--schema is no readable JSON"],
    [["run", "--schema", "{}", "--output-schema", "{}", "Hi"], "give one of them"],
    [["run", "--output-schema-compat", "strict", "Hi"], "needs --schema"],
    [["run", "--structured-output-retries", "x", "Hi"], "not a whole number"],
    [["--isolated", "--realm", "a", "run", "Hi"], "--realm and --isolated exclude each other"],
  ])("%j is a usage error", async (args, message) => {
    const { code, stdout, stderr } = await rkat(args, env);

    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });

  it("says what is wrong with a model or a missing key", async () => {
    const unknown = await rkat(["run", "-m", "no-such-model", "Hi"], env);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain("no-such-model");
    expect(unknown.stderr).toContain("\nAllowed: a model of models/catalog, ");

    const keyless = await rkat(["run", "-m", "gpt-5.2", "-p", "openai", "Hi"], env);
    expect(keyless.code).toBe(1);
    expect(keyless.stderr).toContain("API key not set for provider 'openai'");
    expect(keyless.stderr).toContain("OPENAI_API_KEY where the server runs");
  });

  it("says at once that nobody answers at the URL", async () => {
    const { code, stderr } = await rkat(["run", "Hi"], { RKAT_URL: "http://127.0.0.1:9" });

    expect(code).toBe(1);
    expect(stderr).toContain("Error: cannot reach http://127.0.0.1:9");
    expect(stderr).toContain("\n`rkat serve` starts one");
  });

  it("cancels the turn on Ctrl-C and leaves the session usable", async () => {
    const child = spawnRkat(["run", "-s", "slow please"], env);
    child.stdin.end();
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += String(chunk);
    });
    const closed = once(child, "close");
    await Promise.race([once(child.stdout, "data"), closed]);

    child.kill("SIGINT");
    await closed;

    expect(child.exitCode).toBe(1);
    expect(stderr).toContain("Cancelling the turn");
    const [, id = ""] = /rkat resume (\S+) /.exec(stderr) ?? [];
    expect((await rkat(["resume", id, "Go on"], env)).code).toBe(0);
  });

  it("leaves the turn running on Ctrl-C twice, and says how to come back", async () => {
    const child = spawnRkat(["run", "-s", "slow please"], env);
    child.stdin.end();
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += String(chunk);
    });
    const closed = once(child, "close");
    await Promise.race([once(child.stdout, "data"), closed]);

    child.kill("SIGINT");
    await until(() => stderr.includes("Ctrl-C again"));
    child.kill("SIGINT");
    await closed;

    const [, id = ""] = /^The turn goes on: rkat watch (\S+)$/m.exec(stderr) ?? [];
    const watched = await rkat(["watch", id, "--once"], env);
    expect(watched.stdout).toContain("for real answers.");
  });

  it("shows help and version without a server", async () => {
    const help = await rkat(["run", "--help"]);
    expect([help.code, help.stderr]).toEqual([0, ""]);
    expect(help.stdout).toContain("--stream-focus <scope>");
    expect((await rkat([])).stdout).toContain("rkat run");
    expect((await rkat(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("the realm", () => {
  it("may be named before or after the command", async () => {
    await rkat(["--realm", "team-alpha", "run", "Plan release"], env);

    const after = await rkat(["sessions", "list", "--realm", "team-alpha"], env);
    const fromEnv = await rkat(["sessions", "list"], { ...env, RKAT_REALM: "team-alpha" });
    const other = await rkat(["--realm", "team-beta", "sessions", "list"], env);

    expect(after.stdout).toContain("team-alpha:");
    expect(fromEnv.stdout).toBe(after.stdout);
    expect(other.stdout).toBe("No sessions found.\n");
  });

  it("is fresh with --isolated", async () => {
    const { stdout } = await rkat(["--isolated", "--json", "Hi"], env);

    expect(JSON.parse(stdout)).toMatchObject({
      session_ref: expect.stringMatching(/^realm-[\da-f]/),
    });
  });
});

describe("the embedded server", () => {
  it("is started for a command, and joined by others while it runs", async () => {
    const own = { RKAT_STATE_ROOT: freshStateRoot() };
    const [slow, ...others] = await Promise.all(
      ["slow", "second", "third"].map((prompt) => rkat(["run", prompt], own)),
    );

    expect([slow, ...others].map((finished) => finished?.code)).toEqual([0, 0, 0]);
    const { stdout } = await rkat(["sessions", "list"], own);
    expect(stdout.trim().split("\n")).toHaveLength(4);
  });

  it("is the running one when there is one", async () => {
    const stateRoot = freshStateRoot();
    const running = await startServe(stateRoot);
    const { stdout } = await rkat(["run", "--json", "Hi", "--state-root", stateRoot]);
    const reply = await fetch(`${running.url}/sessions`);
    await running.end("SIGTERM");

    expect(await reply.text()).toContain(JSON.parse(stdout).session_id);
  });

  it("outlives its own command while another uses it", async () => {
    const own = { RKAT_STATE_ROOT: freshStateRoot() };
    const owner = spawnRkat(["run", "-s", "slow"], own);
    owner.stdin.end();
    let told = "";
    owner.stderr.on("data", (chunk) => {
      told += String(chunk);
    });
    const ownerClosed = once(owner, "close");
    await Promise.race([once(owner.stdout, "data"), ownerClosed]);

    const guest = await rkat(["run", "a slow guest, slow and with many more words to say"], own);
    await ownerClosed;

    expect([guest.code, owner.exitCode]).toEqual([0, 0]);
    await until(() => told.includes("waiting for them"));
  });
});

describe("a server that dies while it answers", () => {
  const asking = async (port: string, stateRoot: string) => {
    const dying = await startServe(stateRoot, {}, port);
    const child = spawnRkat(["run", "-s", "slow please"], { RKAT_URL: dying.url });
    child.stdin.end();
    const told = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk) => (told.stdout += String(chunk)));
    child.stderr.on("data", (chunk) => (told.stderr += String(chunk)));
    const closed = once(child, "close");
    await until(() => told.stdout !== "");
    await dying.end("SIGKILL");
    await until(() => told.stderr.includes("The connection is lost; trying to get it back."));
    return { child, closed, told, port: new URL(dying.url).port };
  };

  it("is waited for, and goes on where it comes back", async () => {
    const stateRoot = freshStateRoot();
    const { child, closed, told, port } = await asking("0", stateRoot);
    const back = await startServe(stateRoot, {}, port);
    await closed;
    await back.end("SIGTERM");

    expect(child.exitCode).toBe(0);
    expect(told.stderr).toContain("The answer is being restarted");
    expect(told.stdout).toMatch(/for real answers\.\n$/);
  });

  it("is given up some time later, with the way back", async () => {
    const { child, closed, told } = await asking("0", freshStateRoot());
    await closed;

    expect(child.exitCode).toBe(1);
    expect(told.stderr).toMatch(/^Error: .+\nIts turn may still run: rkat watch [\da-f-]{36}\n/m);
  });
});
