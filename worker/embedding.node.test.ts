import { execFile, execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

// Packs, installs, compiles and builds, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "rkat-embedding-"));
const run = promisify(execFile);
const tool = (name: string) => join(root, "node_modules", name);
const wrangler = tool("wrangler/bin/wrangler.js");
const quiet = { WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true", CI: "1" };

/** Runs a Node program in a project, as `npx` would, and gives what it printed. */
async function node(project: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, ...quiet };
  const running = run(process.execPath, args, { cwd: project, env });
  // `rkat run` would wait for what is piped in.
  running.child.stdin?.end();
  const { stdout, stderr } = await running;
  return stdout + stderr;
}

/** What another project has once it installed the packed package: its files, and dependencies beside them. */
function install(project: string, tarball: string): void {
  const modules = join(project, "node_modules");
  mkdirSync(join(modules, "meerkat-edge"), { recursive: true });
  for (const name of readdirSync(join(root, "node_modules"))) {
    if (!name.startsWith(".")) symlinkSync(tool(name), join(modules, name));
  }
  execFileSync("tar", [
    "xzf",
    tarball,
    "--strip-components=1",
    "-C",
    join(modules, "meerkat-edge"),
  ]);
}

let tarball = "";
const shop = join(folder, "shop");

beforeAll(async () => {
  await node(root, join(root, "supply-chain", "package.node.ts"));
  // Its scripts would bundle the CLI anew under the tests that run it.
  const pack = ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder];
  const { stdout } = await run("npm", pack, { cwd: root });
  tarball = join(folder, stdout.trim());
  cpSync(join(root, "docs", "examples", "embedded-worker"), shop, { recursive: true });
  install(shop, tarball);
  await node(shop, wrangler, "types");
});

describe("the package, installed in another project", () => {
  it("is compiled there with its declarations being checked", async () => {
    const tsc = tool("typescript/bin/tsc");

    await expect(node(shop, tsc, "--skipLibCheck", "false")).resolves.toBe("");
  });

  it("gives the SDK as plain JavaScript, with types", async () => {
    const script =
      'import { MeerkatClient } from "meerkat-edge"; console.log(typeof MeerkatClient);';
    // Node strips no types below node_modules.
    const flags = ["--no-experimental-strip-types", "--input-type=module", "-e", script];

    await expect(node(shop, ...flags)).resolves.toBe("function\n");
  });

  it("runs its command line", async () => {
    const rkat = join(shop, "node_modules", "meerkat-edge", "cli", "bin", "rkat.mjs");
    const state = ["--state-root", join(folder, "state")];

    await expect(node(shop, rkat, "run", "Hello", "--no-stream", ...state)).resolves.toContain(
      'You said: "Hello"',
    );
  });
});

describe("docs/embedding.md", () => {
  const example = join(root, "docs", "examples", "embedded-worker");
  const page = readFileSync(join(root, "docs", "embedding.md"), "utf8");
  const blocks = page.matchAll(/<!-- file: (\S+) -->\n```\w+\n(.*?)```/gs);
  const shown = [...blocks].map(([, name = "", text = ""]) => ({ name, text }));

  it.each(shown)("shows $name as it is in the example", ({ name, text }) => {
    expect(text).toBe(readFileSync(join(example, name), "utf8"));
  });

  it("shows all of its code", () => {
    const files = readdirSync(join(example, "src")).map((name) => `src/${name}`);

    expect(shown.map(({ name }) => name).toSorted()).toEqual(
      [...files, "wrangler.toml"].toSorted(),
    );
  });
});

describe("rkat init", () => {
  it("writes a project that can be deployed", async () => {
    const project = join(folder, "mine");
    await node(root, join(root, "cli", "bin", "rkat.mjs"), "init", project, "--name", "mine");
    install(project, tarball);

    const told = await node(project, wrangler, "deploy", "--dry-run", "--env=");

    const settings = readFileSync(join(project, "wrangler.toml"), "utf8");
    expect(settings).toContain('directory = "node_modules/meerkat-edge/dist/public"');
    expect(told).toContain("env.SESSIONS (SessionObject)");
    expect(told).toContain("--dry-run: exiting now.");
    expect(told).not.toContain("WARNING");
  });
});

describe("docs/examples/embedded-worker", () => {
  let server: Miniflare;
  let url = "";

  beforeAll(async () => {
    const out = join(folder, "built");
    await node(shop, wrangler, "deploy", "--dry-run", "--outdir", out);
    server = new Miniflare(
      convertV4MiniflareOptions({
        host: "127.0.0.1",
        port: 0,
        cf: false,
        log: new Log(LogLevel.ERROR),
        telemetry: { enabled: false },
        handleStructuredLogs: () => undefined,
        modules: [
          {
            type: "ESModule",
            path: "index.js",
            contents: readFileSync(join(out, "index.js"), "utf8"),
          },
        ],
        compatibilityDate: "2026-10-20",
        compatibilityFlags: ["enable_request_signal", "global_fetch_strictly_public"],
        durableObjects: {
          SESSIONS: { className: "Session", useSQLite: true },
          REALMS: { className: "RealmObject", useSQLite: true },
        },
        bindings: {
          APP_SECRET: "shop-secret",
          RKAT_ADMIN_TOKEN: "operator",
          RKAT_DEFAULT_REALM: "shop",
          OPENING_HOURS: { weekday: "9:00-18:00" },
        },
      }),
    );
    const { port } = await server.ready;
    url = `http://127.0.0.1:${port}`;
  });

  afterAll(async () => {
    await server.dispose();
  });

  /** A token as the shop gives it to a customer. */
  function token(name: string, secret = "shop-secret"): string {
    return `${name}.${createHmac("sha256", secret).update(name).digest("hex")}`;
  }

  async function ask(path: string, bearer?: string, body?: unknown) {
    const response = await fetch(`${url}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        "content-type": "application/json",
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.text() };
  }

  it("serves its own page beside the sessions", async () => {
    expect(await ask("/")).toEqual({ status: 200, body: "The shop's own page" });
    expect(await ask("/agents/health")).toEqual({ status: 200, body: "ok" });
    expect(await ask("/sessions", token("north.ann"))).toMatchObject({ status: 404 });
  });

  it("lets in whom it knows itself, each into their own realm", async () => {
    const created = await ask("/agents/sessions", token("north.ann"), { prompt: "Hello" });
    const { session_id: id, session_ref: reference } = JSON.parse(created.body);
    const path = `/agents/sessions/${id}`;

    expect(created.status).toBe(200);
    expect(reference).toBe(`north:${id}`);
    expect(await ask(path, token("north.ann"))).toMatchObject({ status: 200 });
    // Another customer of the shop, another shop, a forger, a stranger.
    expect(await ask(path, token("north.bob"))).toMatchObject({ status: 403 });
    expect(await ask(path, token("south.ann"))).toMatchObject({ status: 403 });
    expect(await ask(`/agents/realms/north/sessions/${id}`, token("south.ann"))).toMatchObject({
      status: 403,
    });
    expect(await ask(path, token("north.ann", "guess"))).toMatchObject({ status: 401 });
    expect(await ask(path)).toMatchObject({ status: 401 });
    // What a customer has no scope for.
    expect(await ask("/agents/tokens", token("north.ann"), {})).toMatchObject({ status: 403 });
  });

  it("still takes the deployment's own tokens", async () => {
    expect(await ask("/agents/realms", "operator")).toMatchObject({ status: 200 });
  });

  it("runs its own tool where the turn runs, with its own bindings", async () => {
    const caller = token("north.ann");
    const { body } = await ask("/agents/sessions", caller, { prompt: "tool:opening_hours" });
    const { text, tool_calls: calls } = JSON.parse(body);

    expect(text).toContain('The tool answered: {"day":"weekday","hours":"9:00-18:00"}');
    expect(calls).toBe(1);
  });

  it("tells of the tool, and where its own document's paths begin", async () => {
    const caller = token("north.ann");
    const { capabilities } = JSON.parse((await ask("/agents/capabilities", caller)).body);
    const { servers } = JSON.parse((await ask("/agents/openapi.json", caller)).body);

    expect(capabilities).toContainEqual({
      id: "own_tools",
      description: "Tools of this deployment: opening_hours",
      status: "Available",
    });
    expect(servers).toEqual([{ url: `${url}/agents` }]);
  });
});
