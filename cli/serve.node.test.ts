import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  freshStateRoot,
  isGone,
  rkat,
  runtimePid,
  type Served,
  startServe,
  until,
} from "./test-support.ts";

// Every test starts processes, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const running: Served[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.end("SIGKILL")));
});

async function serve(stateRoot: string, env?: NodeJS.ProcessEnv): Promise<Served> {
  const server = await startServe(stateRoot, env);
  running.push(server);
  return server;
}

async function createSession(url: string): Promise<string> {
  const reply = await fetch(`${url}/sessions`, {
    method: "POST",
    body: JSON.stringify({ prompt: "Hello", model: "demo" }),
    headers: { "content-type": "application/json" },
  });
  const { session_id: id }: { session_id: string } = await reply.json();
  return id;
}

async function sessionIds(url: string): Promise<string[]> {
  const reply = await fetch(`${url}/sessions`);
  const { sessions }: { sessions: { session_id: string }[] } = await reply.json();
  return sessions.map(({ session_id: id }) => id);
}

describe("rkat serve", () => {
  it("serves what it stored before it was stopped", async () => {
    const stateRoot = freshStateRoot();
    const first = await serve(stateRoot);
    const id = await createSession(first.url);

    const { code, stderr } = await first.end("SIGTERM");

    expect(code).toBe(0);
    expect(stderr).toContain("the built-in demo script answers");
    expect(stderr).toContain("access is open to this machine");
    expect(isGone(runtimePid(stateRoot))).toBe(true);

    const second = await serve(stateRoot);
    expect(await sessionIds(second.url)).toEqual([id]);
    expect((await second.end("SIGINT")).code).toBe(0);
  });

  it("tells joiners, and only the user, where it is", async () => {
    const stateRoot = freshStateRoot();
    const server = await serve(stateRoot);
    const note = join(stateRoot, "server.json");

    expect(JSON.parse(readFileSync(note, "utf8"))).toMatchObject({
      pid: server.pid,
      url: server.url,
    });
    expect(statSync(note).mode & 0o777).toBe(0o600);

    await server.end("SIGTERM");
    expect(existsSync(note)).toBe(false);
  });

  it("is refused where another one serves", async () => {
    const stateRoot = freshStateRoot();
    const server = await serve(stateRoot);

    const refused = await rkat(["serve", "--port", "0", "--state-root", stateRoot]);

    expect(refused.code).toBe(1);
    expect(refused.stdout).toBe("");
    expect(refused.stderr).toContain(`served by rkat process ${server.pid} at ${server.url}`);
  });

  it("killed hard, leaves no runtime and no lock behind", async () => {
    const stateRoot = freshStateRoot();
    const crashed = await serve(stateRoot);
    const id = await createSession(crashed.url);
    const orphan = runtimePid(stateRoot);
    await crashed.end("SIGKILL");

    const next = await serve(stateRoot);

    expect(isGone(orphan)).toBe(true);
    expect(await sessionIds(next.url)).toEqual([id]);
    const lastRuntime = runtimePid(stateRoot);
    await next.end("SIGKILL");
    await until(() => isGone(lastRuntime));
  });

  it("survives the death of its runtime", async () => {
    const stateRoot = freshStateRoot();
    const server = await serve(stateRoot);
    const id = await createSession(server.url);
    const before = runtimePid(stateRoot);

    process.kill(before, "SIGKILL");
    await until(() => runtimePid(stateRoot) !== before);

    await expect
      .poll(() => sessionIds(server.url).catch(() => []), { timeout: 20_000 })
      .toEqual([id]);
  });

  it("says in one sentence that a port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await until(() => other.listening);
    const address = other.address();
    const port = typeof address === "object" ? String(address?.port) : "";

    const refused = await rkat(["serve", "--port", port, "--state-root", freshStateRoot()]);
    other.close();

    expect(refused).toMatchObject({
      code: 1,
      stdout: "",
      stderr: `Error: port ${port} of 127.0.0.1 is in use; choose another with --port\n`,
    });
  });

  it.each([
    [["--host", "0.0.0.0"], 1, "refusing to listen on 0.0.0.0 without RKAT_ADMIN_TOKEN"],
    [["--realm", "a b"], 2, "invalid realm 'a b'"],
    [["--realm", "a", "--isolated"], 2, "--realm and --isolated exclude each other"],
    [["--port", "65536"], 2, "at most 65535"],
    [["--realm-backend", "floppy"], 2, "Allowed choices are"],
  ])("refuses %j", async (flags, code, message) => {
    const refused = await rkat(["serve", "--state-root", freshStateRoot(), ...flags]);

    expect(refused.code).toBe(code);
    expect(refused.stderr).toContain(message);
  });

  it("asks for the token that the environment sets", async () => {
    const { url } = await serve(freshStateRoot(), { RKAT_ADMIN_TOKEN: "secret" });
    const authorization = { authorization: "Bearer secret" };

    expect((await fetch(`${url}/sessions`)).status).toBe(401);
    expect((await fetch(`${url}/sessions`, { headers: authorization })).status).toBe(200);
  });
});
