import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { freshStateRoot, launcher, type Served, startServe } from "./test-support.ts";

// Every test starts processes, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const hasTmux = spawnSync("tmux", ["-V"]).status === 0;
const socket = `rkat-test-${process.pid}`;
const tmux = (...args: string[]) =>
  spawnSync("tmux", ["-L", socket, ...args], { encoding: "utf8" }).stdout;

/** What a person at the terminal sees; with `-e`, in colour. */
const screen = (...flags: string[]) => tmux("capture-pane", "-p", "-J", ...flags);
const type = (...keys: string[]) => tmux("send-keys", ...keys);
const shown = async (text: string | RegExp) =>
  await vi.waitFor(() => expect(screen()).toMatch(text), { timeout: 30_000, interval: 50 });

describe.skipIf(!hasTmux)("on a terminal", () => {
  let server: Served;

  beforeAll(async () => {
    server = await startServe(freshStateRoot());
    tmux(
      "-f",
      "/dev/null",
      "new-session",
      "-d",
      "-x",
      "100",
      "-y",
      "40",
      "bash --norc --noprofile",
    );
    type(`export RKAT_URL=${server.url} XDG_CONFIG_HOME=/nonexistent PS1='ready> '`, "Enter");
    type(`rkat() { '${process.execPath}' '${launcher}' "$@"; }`, "Enter");
    await shown("ready> ");
  });

  afterAll(async () => {
    tmux("kill-server");
    await server.end("SIGTERM");
  });

  const run = (command: string) => {
    type("clear", "Enter");
    tmux("clear-history");
    type(command, "Enter");
  };

  it("renders the answer and tells the time it took", async () => {
    run("rkat 'Some **bold** words'");
    await shown(/^\[Session: \w{8} \| Turns: 1 \| Tokens: 0 in \/ 0 out \| Time: \d+\.\d s\]$/m);

    expect(screen()).toContain('You said: "Some bold words"');
    expect(screen("-e")).toContain("\x1b[1mbold");
  });

  it("is plain with NO_COLOR", async () => {
    run("NO_COLOR=1 rkat 'Some **plain** words'");
    await shown(/Time: \d/);

    expect(screen()).toContain('"Some **plain** words"');
    expect(screen("-e")).not.toContain("\x1b[1m");
  });

  it("folds a tool call to a line", async () => {
    run("rkat -t safe 'tool:datetime'");
    await shown(/Turns: 2/);

    expect(screen()).toMatch(/^✓ datetime \{\} → \{"utc".*… \(\d+ ms\)$/m);
  });

  it("shows that something goes on until the first word comes", async () => {
    run("rkat 'slow please'");
    await shown(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] (Waiting|Thinking)/);
    await shown("This is the demo");

    expect(screen()).not.toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
    await shown(/Time: \d/);
  });

  it("cancels the turn on Ctrl-C", async () => {
    run("rkat 'slow please'");
    await shown("This is");
    type("C-c");

    await shown("Error: The turn was cancelled");
    expect(screen()).toContain("Cancelling the turn; Ctrl-C again at once leaves it running.");
    await shown(/The session is kept: rkat resume \S+ /);
  });

  it.each(["", "--no-stream"])("does not let an answer move the cursor %s", async (flag) => {
    run(`rkat ${flag} $'a\\e[2Jb\\rc'`);
    await shown(/Time: \d/);

    expect(screen()).toContain('You said: "a[2Jbc"');
    run("rkat sessions show last");
    await shown('You said: "a[2Jbc"');
  });

  it("tells nothing of a reader that has seen enough", async () => {
    run("rkat 'slow please' 2>&1 | head -1; echo done:${PIPESTATUS[@]}");
    await shown(/^done:0 0$/m);

    expect(screen()).not.toMatch(/EPIPE|Error/);
  });

  it("waits on one line where the terminal is narrow", async () => {
    tmux("resize-window", "-x", "30");
    run("rkat 'slow please'");
    await shown(/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] (Waiting|Thinking)/m);
    await shown(/Time: \d/);
    tmux("resize-window", "-x", "100");

    expect(screen()).not.toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
  });

  it("does not show a token that is typed", async () => {
    run("XDG_CONFIG_HOME=$(mktemp -d) rkat login $RKAT_URL");
    await shown("Token for http");
    type("very-secret", "Enter");

    await shown(/^(Logged in to|Error: )/m);
    expect(screen()).not.toContain("very-secret");
  });
});
