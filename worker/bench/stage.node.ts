import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { countingEntry } from "./counting-entry.node.ts";
import { post, read } from "./client.node.ts";
import { startUpstream, type Upstream } from "./upstream-process.node.ts";
import { Workerd, type WorkerSetup } from "./workerd.node.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

// Of the 128 MiB that an isolate may take on the edge, strings and buffers outside the heap need their part.
const HEAP_MIB = 64;

const relay = `export default {
  fetch: (request, { UPSTREAM }) => fetch(UPSTREAM + "/" + new URL(request.url).search),
};`;

/** Everything a figure is measured on: the upstream, a bare relay of it, and us. */
export interface Stage extends Disposable {
  upstream: Upstream;
  relay: Workerd;
  ours: Workerd;
  /** A second one of us, to be killed, which counts the rows it writes. Its heap is small, as on the edge. */
  counting: Workerd;
  /** The Worker as it would be deployed. */
  bundle: string;
}

/** Builds the Worker as a deployment does and starts all parts, each in a process of its own. */
export async function setStage(): Promise<Stage> {
  using stack = new DisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "rkat-bench-"));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const bundle = build(join(folder, "bundle"));
  const upstream = stack.use(await startUpstream());
  const runtime = async (
    name: string,
    setup: Omit<WorkerSetup, "compatibility">,
  ): Promise<Workerd> => {
    const workerd = stack.use(new Workerd(join(folder, name), { ...setup, compatibility }));
    await workerd.start();
    return workerd;
  };
  const setup = us(bundle, upstream.url);
  const modules = { "entry.js": countingEntry, ...setup.modules };
  const parts = {
    upstream,
    relay: await runtime("relay", {
      modules: { "relay.js": relay },
      bindings: { UPSTREAM: upstream.url },
    }),
    ours: await runtime("ours", setup),
    counting: await runtime("counting", { ...setup, modules, heapMiB: HEAP_MIB }),
    bundle,
  };
  await read(`${parts.ours.url}/health`);
  const cleanUp = stack.move();
  return { ...parts, [Symbol.dispose]: () => cleanUp.dispose() };
}

/** What a turn is asked for: so many deltas, one every so many milliseconds. */
export function script(count: number, paceMs = 0): string {
  return `count=${count}&pace=${paceMs}`;
}

/** A fresh session whose first turn has not come yet. */
export async function newSession(base: string): Promise<string> {
  const request = { initial_turn: "deferred", prompt: "", model: "claude-sonnet-4-5" };
  const { session_id } = await post(`${base}/sessions`, request);
  return String(session_id);
}

/** Runs a turn; resolves with its end. */
export function runTurn(base: string, sessionId: string, prompt: string): Promise<unknown> {
  return post(`${base}/sessions/${sessionId}/messages`, { prompt });
}

/** Told by the same file that deploys. */
const compatibility = {
  date:
    /compatibility_date = "(.+)"/.exec(readFileSync(join(root, "wrangler.toml"), "utf8"))?.[1] ??
    "",
  flags: ["enable_request_signal", "global_fetch_strictly_public"],
};

function us(bundle: string, upstream: string): Omit<WorkerSetup, "compatibility"> {
  return {
    modules: { "index.js": bundle },
    bindings: {
      RKAT_OPEN_ACCESS: "loopback",
      RKAT_DEFAULT_REALM: "bench",
      ANTHROPIC_API_KEY: "none",
      ANTHROPIC_BASE_URL: upstream,
    },
    objects: { SessionObject: "SESSIONS", RealmObject: "REALMS" },
  };
}

function build(folder: string): string {
  mkdirSync(folder);
  const wrangler = join(root, "node_modules/wrangler/bin/wrangler.js");
  const options = ["deploy", "--dry-run", "--minify", "--outdir", folder];
  const env = { ...process.env, WRANGLER_HIDE_BANNER: "true", WRANGLER_SEND_METRICS: "false" };
  execFileSync(process.execPath, [wrangler, ...options], { cwd: root, env, stdio: "pipe" });
  return readFileSync(join(folder, "index.js"), "utf8");
}
