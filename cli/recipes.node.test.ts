import { execFile, spawn } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { type Browser, chromium, type Page } from "playwright-core";
import { parse as parseToml } from "smol-toml";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { readPage, writeFiles } from "./doc-page.ts";
import { packageRoot } from "./package-root.ts";
import { freshStateRoot, type Served, startServe } from "./test-support.ts";

// Every recipe starts processes, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const run = promisify(execFile);
const adminToken = "recipes-admin-token";
const hasShell = ["/usr/bin/jq", "/usr/bin/git"].every(existsSync);
const chromiumPath = ["/usr/bin/chromium", "/usr/bin/google-chrome"].find(existsSync);
const bin = mkdtempSync(join(tmpdir(), "rkat-bin-"));
const PATH = [bin, dirname(process.execPath), process.env["PATH"]].join(delimiter);

let pagePort: number;
let server: Served;

beforeAll(async () => {
  for (const name of ["rkat", "rkat-mcp"]) {
    symlinkSync(join(packageRoot, "cli", "bin", `${name}.mjs`), join(bin, name));
  }
  pagePort = await freePort();
  server = await startServe(freshStateRoot(), {
    RKAT_ADMIN_TOKEN: adminToken,
    RKAT_CORS_ORIGINS: `http://127.0.0.1:${pagePort}`,
  });
});

afterAll(async () => {
  await server.end("SIGTERM");
});

/** The server must know the page's origin before the page is served. */
async function freePort(): Promise<number> {
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address() as AddressInfo;
  holder.close();
  await once(holder, "close");
  return port;
}

/** A folder with the files that a recipe has its reader write. */
function folderOf(path: string): string {
  const folder = mkdtempSync(join(tmpdir(), "rkat-recipe-"));
  writeFiles(readPage(path), folder);
  return folder;
}

/** One request to the deployment as its operator. */
async function ask(path: string, body?: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(server.url + path, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return z.record(z.string(), z.unknown()).parse(await response.json());
}

describe.skipIf(!chromiumPath)("docs/recipes/browser-chat.md", () => {
  let chat: ReturnType<typeof spawn>;
  let browser: Browser;
  const origin = () => `http://127.0.0.1:${pagePort}`;

  beforeAll(async () => {
    const folder = folderOf("docs/recipes/browser-chat.md");
    await build({
      entryPoints: [join(packageRoot, "sdk", "index.ts")],
      bundle: true,
      format: "esm",
      minify: true,
      outfile: join(folder, "meerkat.js"),
    });
    chat = spawn(process.execPath, ["server.mjs"], {
      cwd: folder,
      env: { PATH, RKAT_URL: server.url, RKAT_TOKEN: adminToken, PORT: String(pagePort) },
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (chat.stdout) await once(chat.stdout, "data");
    const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];
    browser = await chromium.launch({ executablePath: chromiumPath ?? "", args });
  });

  afterAll(async () => {
    await browser.close();
    chat.kill();
  });

  async function openChat(): Promise<Page> {
    const page = await (await browser.newContext()).newPage();
    await page.goto(origin());
    return page;
  }

  async function say(page: Page, words: string): Promise<void> {
    await page.fill("#prompt", words);
    await page.click("text=Send");
  }

  it("answers, and shows a reload in the middle of an answer the same", async () => {
    const page = await openChat();

    await say(page, "a slow story please");
    await page.getByText("This is the demo provider").waitFor();
    await page.reload();

    await page.getByText("for real answers.").waitFor();
    expect(await page.locator("#log p").allTextContents()).toEqual([
      "a slow story please",
      expect.stringMatching(/^This is the demo provider: .* for real answers\.$/),
    ]);
  });

  it("stops an answer", async () => {
    const page = await openChat();

    await say(page, "a slow story please");
    await page.getByText("This is").waitFor();
    await page.click("text=Stop");

    await page.locator(".error").waitFor();
    expect(await page.locator(".answer").textContent()).not.toContain("for real answers.");
  });

  it("keeps visitors apart", async () => {
    const [one, other] = [await openChat(), await openChat()];
    await say(one, "mine");
    await one.getByText("for real answers.").waitFor();
    const session = await one.evaluate(() => String(localStorage["session"]));
    const access = z.object({ url: z.string(), token: z.string() });
    const { url, token } = access.parse(
      await other.evaluate(async () => (await fetch("/access", { method: "POST" })).json()),
    );

    const refused = await fetch(`${url}/sessions/${session}`, {
      headers: { authorization: `Bearer ${token}` },
    });

    expect(refused.status).toBe(403);
  });
});

describe.skipIf(!hasShell)("docs/recipes/ci-job.md", () => {
  const Workflow = z.object({
    on: z.literal("pull_request"),
    jobs: z.object({
      review: z.object({
        env: z.record(z.string(), z.string()),
        steps: z.array(
          z.object({
            run: z.string().optional(),
            uses: z.string().optional(),
            env: z.record(z.string(), z.string()).optional(),
          }),
        ),
      }),
    }),
  });

  /** A checkout of a pull request, with our own package where the workflow checks it out. */
  async function checkout(): Promise<{ folder: string; base: string }> {
    const folder = folderOf("docs/recipes/ci-job.md");
    const git = async (...args: string[]) => {
      const author = ["-c", "user.name=ci", "-c", "user.email=ci@example.com"];
      return (await run("git", [...author, ...args], { cwd: folder })).stdout.trim();
    };
    await git("init", "-q");
    await git("add", ".");
    await git("commit", "-q", "-m", "base");
    const base = await git("rev-parse", "HEAD");
    writeFileSync(join(folder, "change.txt"), "a change\n");
    await git("add", ".");
    await git("commit", "-q", "-m", "change");
    symlinkSync(packageRoot, join(folder, ".meerkat"));
    mkdirSync(join(folder, "temp"));
    return { folder, base };
  }

  /** Runs the job's shell steps as a runner does. @returns the first failure, and what was told */
  async function runJob(token: string) {
    const { folder, base } = await checkout();
    const file = readFileSync(join(folder, ".github/workflows/review.yml"), "utf8");
    const { review } = Workflow.parse(parseYaml(file)).jobs;
    const values = {
      "vars.RKAT_URL": server.url,
      "secrets.RKAT_TOKEN": token,
      "github.event.pull_request.base.sha": base,
    };
    const filled = (env: Record<string, string> = {}) =>
      Object.entries(env).map(([name, value]) => {
        const known = new Map(Object.entries(values));
        return [name, value.replaceAll(/\$\{\{ (\S+) \}\}/g, (_, key) => known.get(key) ?? "?")];
      });
    const paths = join(folder, "paths");
    const summary = join(folder, "summary");
    for (const path of [paths, summary]) appendFileSync(path, "");
    let told = "";
    for (const step of review.steps) {
      // What installs this very package has happened.
      if (step.run === undefined || step.run === "npm ci") continue;
      const added = readFileSync(paths, "utf8").trim();
      const child = spawn("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", step.run], {
        cwd: folder,
        env: {
          PATH: [added, dirname(process.execPath), process.env["PATH"]].join(delimiter),
          HOME: folder,
          RUNNER_TEMP: join(folder, "temp"),
          GITHUB_PATH: paths,
          GITHUB_STEP_SUMMARY: summary,
          GITHUB_REF_NAME: "7/merge",
          ...Object.fromEntries([...filled(review.env), ...filled(step.env)]),
        },
        stdio: ["ignore", "pipe", "pipe"],
      });
      const ended = once(child, "close");
      told += await text(child.stdout);
      await ended;
      if (child.exitCode !== 0) return { code: child.exitCode, told, summary: "" };
    }
    return { code: 0, told, summary: readFileSync(summary, "utf8") };
  }

  it("reviews a change and passes when nothing blocks it", async () => {
    const { token } = await ask("/tokens", { scopes: ["read", "run"] });

    const { code, told, summary } = await runJob(String(token));

    expect({ code, told, summary }).toEqual({ code: 0, told: "", summary: "demo\n" });
    const { sessions } = await ask("/sessions?label=pull-request=7/merge");
    expect(sessions).toHaveLength(1);
  });

  it("fails with the reason when the deployment refuses", async () => {
    const { code, told } = await runJob("wrong");

    expect(code).toBe(1);
    expect(told).toBe("::error::The review did not work: see above\n");
  });
});

describe("docs/recipes/mcp-in-an-ide.md", () => {
  const Server = z.object({
    command: z.string(),
    args: z.array(z.string()),
    env: z.record(z.string(), z.string()),
  });
  const Config = z.union([
    z.object({ mcpServers: z.object({ meerkat: Server }) }),
    z.object({ servers: z.object({ meerkat: Server.extend({ type: z.literal("stdio") }) }) }),
  ]);
  const { files } = readPage("docs/recipes/mcp-in-an-ide.md");

  it("has a file for each of four editors", () => {
    expect([...files.keys()]).toEqual([
      ".mcp.json",
      ".vscode/mcp.json",
      ".cursor/mcp.json",
      "claude_desktop_config.json",
    ]);
  });

  it.each([...files])("%s starts a server that offers its tools", async (_, content) => {
    const config = Config.parse(JSON.parse(content));
    const { meerkat } = "servers" in config ? config.servers : config.mcpServers;
    expect(Object.keys(meerkat.env)).toEqual(["RKAT_URL", "RKAT_TOKEN"]);
    const env = { PATH, RKAT_URL: server.url, RKAT_TOKEN: adminToken };
    const client = new Client({ name: "editor", version: "1" });

    await client.connect(new StdioClientTransport({ ...meerkat, env, stderr: "inherit" }));
    const { tools } = await client.listTools();
    await client.close();

    expect(tools.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["meerkat_run", "meerkat_resume", "meerkat_event_stream_open"]),
    );
  });

  it("an editor with a wrong token is told so", async () => {
    const env = { PATH, RKAT_URL: server.url, RKAT_TOKEN: "wrong" };
    const client = new Client({ name: "editor", version: "1" });
    const bridge = new StdioClientTransport({ command: "rkat-mcp", env, stderr: "inherit" });

    await expect(() => client.connect(bridge)).rejects.toThrow("token");
    await client.close();
  });
});

describe("docs/recipes/webhooks-and-schedules.md", () => {
  const secret = "webhook-secret";
  const notes: unknown[] = [];
  let chat: ReturnType<typeof createServer>;
  let worker: Miniflare;
  let session: string;

  beforeAll(async () => {
    chat = createServer((request, response) => {
      request.setEncoding("utf8").once("data", (body) => notes.push(JSON.parse(String(body))));
      request.once("end", () => response.end());
    }).listen(0, "127.0.0.1");
    await once(chat, "listening");
    const made = await ask("/sessions", { initial_turn: "deferred", labels: { job: "digest" } });
    session = String(made["session_id"]);
    const { files } = readPage("docs/recipes/webhooks-and-schedules.md");
    const settings = z
      .object({ main: z.literal("digest.js"), compatibility_date: z.string() })
      .parse(parseToml(files.get("wrangler.toml") ?? ""));
    const limited = { scopes: ["run"], labels: { job: "digest" } };
    worker = new Miniflare(
      convertV4MiniflareOptions({
        cf: false,
        telemetry: { enabled: false },
        modules: [{ type: "ESModule", path: "digest.js", contents: files.get("digest.js") ?? "" }],
        compatibilityDate: settings.compatibility_date,
        bindings: {
          RKAT_URL: server.url,
          SESSION: session,
          RKAT_TOKEN: String((await ask("/tokens", limited))["token"]),
          WEBHOOK_SECRET: secret,
          NOTIFY_URL: `http://127.0.0.1:${(chat.address() as AddressInfo).port}`,
        },
      }),
    );
  });

  afterAll(async () => {
    await worker.dispose();
    chat.close();
  });

  async function deliver(signedWith: string, delivery: string): Promise<number> {
    const body = JSON.stringify({
      repository: { full_name: "acme/site" },
      ref: "refs/heads/main",
      commits: [{ message: "mend the footer" }],
    });
    const mac = createHmac("sha256", signedWith).update(body).digest("hex");
    const headers = {
      "x-hub-signature-256": `sha256=${mac}`,
      "x-github-event": "push",
      "x-github-delivery": delivery,
    };
    const response = await worker.dispatchFetch("http://digest/", {
      method: "POST",
      body,
      headers,
    });
    return response.status;
  }

  it("takes a signed event once, and asks once for a morning", async () => {
    const delivery = randomUUID();
    const statuses = [await deliver(secret, delivery), await deliver(secret, delivery)];
    statuses.push(await deliver("guessed", randomUUID()));
    const { scheduled } = await worker.getWorker();
    const morning = { cron: "0 6 * * *", scheduledTime: new Date(1_790_000_000_000) };

    const outcomes = [await scheduled(morning), await scheduled(morning)];

    expect(statuses).toEqual([202, 202, 401]);
    expect(outcomes).toMatchObject([{ outcome: "ok" }, { outcome: "ok" }]);
    const { messages } = await ask(`/sessions/${session}/history`);
    expect(messages).toMatchObject([
      { role: "system" },
      { role: "user", content: expect.stringContaining("mend the footer") },
      { role: "user", content: "Write the digest of everything since the last one." },
      { role: "block_assistant" },
    ]);
    expect(notes).toEqual([
      { text: expect.stringContaining("Write the digest") },
      { text: expect.stringContaining("Write the digest") },
    ]);
  });
});
