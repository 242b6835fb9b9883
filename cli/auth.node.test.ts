import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { freshStateRoot, rkat, type Served, startServe } from "./test-support.ts";

// Every test starts processes, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const KEY = "sk-proj-canary-5a1f77e2c0ffee-Zq9X";

describe("rkat auth", () => {
  const root = freshStateRoot();
  const seen: (string | undefined)[] = [];
  const vendor = createServer((request, response) => {
    seen.push(request.headers.authorization);
    const isKnown =
      request.headers.authorization === `Bearer ${KEY}` && request.url === "/v1/models";
    response.writeHead(isKnown ? 200 : 401, { "content-type": "application/json" });
    response.end(
      isKnown
        ? '{"data":[]}'
        : JSON.stringify({ error: { message: `No such key: ${request.headers.authorization}` } }),
    );
  });
  let server: Served;
  let env: NodeJS.ProcessEnv;
  let address: string;

  beforeAll(async () => {
    vendor.listen(0, "127.0.0.1");
    await once(vendor, "listening");
    // A TCP server's address is never the string of a pipe.
    address = `http://127.0.0.1:${(vendor.address() as AddressInfo).port}/v1`;
    server = await startServe(root);
    env = { RKAT_URL: server.url, RKAT_STATE_ROOT: root };
  });
  afterAll(async () => {
    await server.end("SIGTERM");
    vendor.close();
  });

  it("says what to do when a key is missing", async () => {
    const refused = await rkat(["run", "--model", "gpt-5.4", "Hi"], env);

    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain("API key not set for provider 'openai'");
    expect(refused.stderr).toContain("Set RKAT_OPENAI_API_KEY or OPENAI_API_KEY where the server");
    expect(refused.stderr).toContain("rkat auth set openai");
  });

  it("stores a piped key, tests it, tells of it without it, and forgets it", async () => {
    const set = await rkat(["auth", "set", "openai", "--base-url", address], env, `${KEY}\n`);
    const tested = await rkat(["auth", "test", "openai"], env);
    const list = await rkat(["auth", "list"], env);
    const status = await rkat(["auth", "status"], env);
    const rotated = await rkat(["auth", "rotate"], env);
    const deleted = await rkat(["auth", "delete", "openai"], env);
    const again = await rkat(["auth", "delete", "openai"], env);

    expect(set).toMatchObject({ code: 0, stderr: "" });
    expect(set.stdout).toMatch(
      /^stored the key for openai \(…Zq9X\), sealed with 'local-\w{8}'\n$/,
    );
    expect(tested).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^ok, \d+ ms, the realm's own key/),
    });
    expect(list.stdout).toMatch(/^openai +…Zq9X +\d{4}-\d\d-\d\d local-\w{8} http/);
    expect(status.stdout).toContain("openai       the realm's own key\n");
    expect(status.stdout).toContain("gemini       no key\n");
    expect(rotated.stdout).toMatch(/^sealed 0 keys anew/);
    expect(deleted.stdout).toBe("deleted the key for openai\n");
    expect(again.stdout).toBe("there was no key for openai\n");
    for (const { stdout, stderr } of [set, tested, list, status, rotated, deleted]) {
      expect(stdout + stderr).not.toContain(KEY);
    }
  });

  it("takes a key from a variable, and fails when the vendor refuses it, without showing it", async () => {
    const wrong = "sk-proj-wrong-123456789abcdef";
    const flags = ["--from-env", "MY_KEY", "--base-url", address];
    await rkat(["auth", "set", "openai", ...flags], { ...env, MY_KEY: wrong });

    const tested = await rkat(["auth", "test", "openai"], env);

    expect(seen.at(-1)).toBe(`Bearer ${wrong}`);
    expect(tested).toMatchObject({ code: 1 });
    expect(tested.stdout).toContain("openai answered 401");
    expect(tested.stdout + tested.stderr).not.toContain("wrong-1234");
  });

  it.each([
    [["auth", "set", "openai"], {}, "no key for openai was given"],
    [["auth", "set", "openai", "--from-env", "NOT_THERE"], {}, "NOT_THERE is not set"],
    [["auth", "set", "demo"], {}, "'demo' takes no key: choose anthropic"],
    [["auth", "set", "openai", KEY], {}, "a key is not taken as an argument"],
  ])("refuses %j", async (args, more, reason) => {
    const refused = await rkat(args, { ...env, ...more });

    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(reason);
    expect(refused.stderr).not.toContain(KEY);
  });

  it("keeps its own sealing key in the state root, for its owner alone", async () => {
    const before = readFileSync(join(root, "credentials.key"), "utf8");

    expect(statSync(join(root, "credentials.key")).mode & 0o777).toBe(0o600);
    expect(before).toMatch(/^local-\w{8}:[\w+/]{43}=\n$/);
    // Nothing that is stored holds a key in plain.
    for (const file of readdirSync(join(root, "objects"), {
      recursive: true,
      withFileTypes: true,
    })) {
      if (!file.isFile()) continue;
      const bytes = readFileSync(join(file.parentPath, file.name), "latin1");
      expect(bytes).not.toContain("sk-proj-");
    }
  });
});
