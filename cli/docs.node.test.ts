import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { parse as parseToml } from "smol-toml";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { parse as parseYaml } from "yaml";
import { chatText, chunks } from "../durable-objects/providers/wire/openai.ts";
import { wire } from "../durable-objects/providers/wire/script.ts";
import { operationList } from "../sdk/contract/index.ts";
import { type Block, type Page, readPage, readPages, writeFiles } from "./doc-page.ts";
import { packageRoot } from "./package-root.ts";
import { freshStateRoot, type Served, startServe, until } from "./test-support.ts";

// Every block starts processes, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const pages = readPages();
const readme = readPage("README.md");
/** The wire's key of the OpenAI-compatible server that pages call `$MODEL_URL`. */
const ownModel = "docs-own-model";
const hasCurl = spawnSync("curl", ["--version"]).status === 0;
const scratch = mkdtempSync(join(tmpdir(), "rkat-docs-"));
const bin = join(scratch, "bin");
let server: Served;

beforeAll(async () => {
  mkdirSync(bin);
  for (const name of ["rkat", "rkat-mcp", "rkat-rpc"]) {
    symlinkSync(join(packageRoot, "cli", "bin", `${name}.mjs`), join(bin, name));
  }
  installPackage();
  const secrets = { RKAT_TOKEN_KEY: "docs-token-key-0123456789abcdef0123456789" };
  server = await startServe(freshStateRoot(), secrets);
  const model = wire(inject("wireUrl"));
  await model.script(ownModel, [{ chunks: chunks(chatText("Hello from your own model.")) }], {
    repeat: true,
  });
});

afterAll(async () => {
  await server.end("SIGTERM");
});

/** A block that was started, and what it has said since. */
interface Terminal {
  child: ChildProcess;
  told: () => string;
  complaints: () => string;
}

/** A terminal of the page: its blocks share variables, as they do for a reader. */
function open(page: Page, { language, code }: Block): Terminal {
  const folder = join(scratch, page.path);
  const shell = language === "ts" ? runTypeScript(folder, code) : code;
  const kept = join(folder, ".variables");
  const script = `touch ${kept}\n. ${kept}\nset -eua\n${shell}\nexport -p > ${kept}\n`;
  const PATH = [bin, dirname(process.execPath), process.env["PATH"]].join(delimiter);
  const child = spawn("bash", ["-c", script], {
    cwd: folder,
    env: {
      PATH,
      HOME: scratch,
      RKAT_URL: server.url,
      MODEL_URL: wire(inject("wireUrl")).base(ownModel),
    },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].on("data", (chunk) => {
      text[name] += String(chunk);
    });
  }
  return { child, told: () => text.stdout, complaints: () => text.stderr };
}

/** Writes a block to a file below the folder that knows the package by its name. */
function runTypeScript(folder: string, code: string): string {
  const file = join(folder, "example.mts");
  writeFileSync(file, code);
  return `node ${file}`;
}

/** Makes the package's name known as `npm install` would, with what it exports as of now. */
function installPackage(): void {
  execFileSync(process.execPath, [join(packageRoot, "supply-chain", "sdk-bundle.mjs")]);
  mkdirSync(join(scratch, "node_modules"));
  symlinkSync(packageRoot, join(scratch, "node_modules", "meerkat-edge"));
}

/** What a page promises to be shown, where "…" stands for anything. */
function pattern(output: string): RegExp {
  const pieces = output
    .trim()
    .split("…")
    .map((piece) => RegExp.escape(piece));
  return new RegExp(`^\\s*${pieces.join("[^]*?")}\\s*$`);
}

describe.each(pages.filter(({ blocks }) => blocks.length > 0))("$path", (page) => {
  const left: (Terminal & { block: Block })[] = [];

  beforeAll(() => {
    const folder = join(scratch, page.path);
    mkdirSync(folder, { recursive: true });
    writeFiles(page, folder);
  });

  afterAll(() => {
    for (const { child } of left) {
      if (child.pid && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
    }
  });

  it.skipIf(!hasCurl).for(page.blocks)("runs as written: line $line", async (block) => {
    const terminal = open(page, block);
    const { child, told, complaints } = terminal;
    const isLeft = block.mark === "keeps running";
    if (isLeft) left.push({ block, ...terminal });
    await (isLeft ? until(() => told() + complaints() !== "") : once(child, "close"));

    expect([child.exitCode, child.exitCode ? complaints() : ""]).toEqual([isLeft ? null : 0, ""]);
    expect(told()).toMatch(pattern(isLeft ? "…" : (block.output ?? "…")));
  });

  const promises = page.blocks.filter(({ mark }) => mark === "keeps running");
  it.skipIf(!hasCurl).for(promises)("shows what it promised: line $line", async (promised) => {
    const terminal = left.find(({ block }) => block === promised);

    await expect.poll(() => terminal?.told()).toMatch(pattern(promised.output ?? "…"));
  });
});

describe("README.md", () => {
  const commands = [...readme.text.matchAll(/<!-- set-up -->\n```sh\n(.*?)\n```/gs)];
  const [first, second] = commands.map(([, command = ""]) => command);

  it("sets up with two commands: one that answers a prompt, one that passes the tests", () => {
    expect(commands).toHaveLength(2);
    expect(first).toMatch(/^npm ci && [^\n]+$/);
    expect(second).toBe("npm test");
  });

  it("leads to a streamed answer without a key", async () => {
    const command = first?.replace(/^npm ci && /, "") ?? "";
    const PATH = [dirname(process.execPath), process.env["PATH"]].join(delimiter);
    const child = spawn("bash", ["-c", command], {
      cwd: packageRoot,
      env: { PATH, HOME: scratch, RKAT_STATE_ROOT: freshStateRoot() },
      stdio: ["ignore", "pipe", "ignore"],
    });
    let answer = "";
    child.stdout.on("data", (chunk) => {
      answer += String(chunk);
    });
    await once(child, "close");

    expect(child.exitCode).toBe(0);
    expect(answer).toContain('You said: "What is the capital of France?"');
  });
});

describe("a page's data", () => {
  const formats = new Map<string, (content: string) => unknown>([
    ["json", (content) => JSON.parse(content)],
    ["toml", parseToml],
    ["yaml", parseYaml],
  ]);

  it.each(pages)("is well formed: $path", ({ text }) => {
    const blocks = [...text.matchAll(/^( *)```(json|toml|yaml)\n(.*?)^\1```$/gms)];

    for (const [, , language = "", content = ""] of blocks) {
      expect(() => formats.get(language)?.(content), content).not.toThrow();
    }
  });
});

describe("docs/operations.md", () => {
  const { text } = readPage("docs/operations.md");

  it.each(operationList)("tells of %s and its route", (name, { http: [method, path] }) => {
    expect(text).toContain(`## \`${name}\``);
    expect(text).toContain(`\`${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}\``);
  });
});
