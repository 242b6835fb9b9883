import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { LLMock } from "@copilotkit/aimock";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { freshStateRoot, launcher, rkat, type Served, startServe } from "./test-support.ts";

// Every line starts a process, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

const vendors = new LLMock({ port: 0 });
const home = mkdtempSync(join(tmpdir(), "rkat-guide-"));
let server: Served;

beforeAll(async () => {
  symlinkSync(launcher, join(home, "rkat"));
  vendors.onMessage(/./, { content: "Paris. That is the capital of France." });
  const url = await vendors.start();
  server = await startServe(freshStateRoot(), {
    ANTHROPIC_API_KEY: "test",
    ANTHROPIC_BASE_URL: url,
    OPENAI_API_KEY: "test",
    OPENAI_BASE_URL: `${url}/v1`,
    GEMINI_API_KEY: "test",
    GEMINI_BASE_URL: url,
  });
});

afterAll(async () => {
  await server.end("SIGTERM");
  await vendors.stop();
});

/** Runs a line as a reader would paste it. @returns its output after its exit code */
async function pasted(line: string): Promise<string> {
  const PATH = [home, dirname(process.execPath), process.env["PATH"]].join(delimiter);
  const env = { PATH, HOME: home, RKAT_URL: server.url };
  const child = spawn("bash", ["-c", line], { env, stdio: ["ignore", "pipe", "pipe"] });
  const closed = once(child, "close");
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await closed;
  return `${child.exitCode} ${stdout}${child.exitCode === 0 ? "" : stderr}`;
}

/** The guide's lines in its order, `<id>` and `<short>` for the ids it shows. */
const lines: readonly (readonly [line: string, says: RegExp])[] = [
  ['rkat run --model claude-sonnet-4-5 "What is the capital of France?"', /^0 Paris/],
  ['rkat resume last "Now explain it in more detail"', /^0 Paris/],
  ['rkat continue "Now explain it in more detail"', /^0 Paris/],
  ['rkat resume <id> "Keep going"', /^0 Paris/],
  ['rkat resume <short> "Keep going"', /^0 Paris/],
  ['rkat resume last "Keep going"', /^0 Paris/],
  ['rkat c "Keep going"', /^0 Paris/],
  ["rkat sessions list", /^0 ID .*\n<id>/],
  ["rkat sessions list --limit 10", /^0 ID .*\n<id>/],
  ["rkat sessions list --limit 10 --offset 20", /^0 No sessions found/],
  ["rkat sessions show <short>...", /^0 Session: <id>/],
  ["rkat sessions interrupt <short>...", /^0 Interrupted session: <id>/],
  ['rkat run --stream "Tell me a story"', /^0 Paris/],
  ['rkat resume ~2 "Go back to this one"', /^0 Paris/],
  ['rkat run --stream --stream-view primary "Plan the release"', /^0 Paris/],
  ['rkat run --stream --stream-view mux "Plan the release"', /^0 \[primary\] Paris/],
  [
    'rkat run --stream --stream-view focus --stream-focus mob:planner "Draft steps"',
    // A session alone has no team whose planner could be watched.
    /^1 .*stream focus 'mob:planner' never appeared/s,
  ],
  ['rkat run -s -w mux "Plan the release"', /^0 \[primary\] Paris/],
  ['rkat run --model gpt-5.2 --provider openai "Hello"', /^0 Paris/],
  ['rkat run --model gemini-3-flash-preview --provider gemini "Hello"', /^0 Paris/],
  ['rkat run --model claude-opus-4-6 "Hello"', /^0 Paris/],
  ["rkat sessions delete <id>", /^0 Deleted session: <id>/],
  ["rkat config get", /^0 /],
  ["rkat config get --format json --with-generation", /^0 \{[^]*"generation": 0/],
  [`rkat config set --json '{"agent": {"model": "gpt-5.2"}}'`, /^0 generation=1/],
  ["rkat config patch --json '{}'", /^0 generation=2/],
  ["rkat config patch --json '{}'", /^0 generation=3/],
  [
    `rkat config patch --json '{"budget": {"max_tokens": 50000}}' --expected-generation 3`,
    /^0 generation=4/,
  ],
  ['rkat --realm team-alpha run "Plan release"', /^0 Paris/],
  ["rkat --realm team-alpha --instance worker-1 sessions list", /^0 ID [^]*team-alpha:/],
  ['rkat --realm team-alpha --realm-backend sqlite resume last "Continue"', /^0 Paris/],
];

it("the session guide's command lines run as they are written", async () => {
  let id = "";
  for (const [line, says] of lines) {
    const told = await pasted(line.replaceAll("<id>", id).replaceAll("<short>", id.slice(0, 13)));
    if (id === "") {
      const { stdout } = await rkat(["sessions", "list"], { RKAT_URL: server.url });
      id = /^([\da-f-]{36}) /m.exec(stdout)?.[1] ?? "";
    }
    expect(told, line).toMatch(new RegExp(says.source.replaceAll("<id>", id), says.flags));
  }
});
