import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { exitCodes } from "./exit-codes.ts";
import type { GlobalFlags } from "./global-flags.ts";
import { packageRoot } from "./package-root.ts";
import { UsageError } from "./usage-error.ts";

/** The flags of `rkat init`. */
export interface InitFlags extends GlobalFlags {
  name: string;
}

const FILE = "wrangler.toml";

const WORKER = join("src", "index.ts");

/** Writes a Worker that serves sessions, and its settings; says so when there are some already. */
export async function init(folder: string, { name }: InitFlags): Promise<number> {
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(name)) {
    throw new UsageError(`invalid name '${name}': small letters, digits and '-', at most 63`);
  }
  const directory = resolve(folder);
  const path = join(directory, FILE);
  if (existsSync(path)) {
    const [, existing = "without a name"] =
      /^name = "(.+)"/m.exec(readFileSync(path, "utf8")) ?? [];
    process.stdout.write(`${path} exists already (${existing}); nothing was changed\n`);
    return exitCodes.ok;
  }
  mkdirSync(join(directory, dirname(WORKER)), { recursive: true });
  writeFileSync(path, deploymentSettings(name), { flag: "wx" });
  const written = writeWorker(directory) ? ` and ${WORKER}` : `; ${WORKER} was there already`;
  process.stdout.write(`Wrote ${path}${written}\n\n${nextCommands(directory)}\n`);
  return exitCodes.ok;
}

function nextCommands(directory: string): string {
  const isInstalled = existsSync(join(directory, "node_modules", "meerkat-edge"));
  // It is in no registry: packed from where this command runs, it is the very same version.
  const install = isInstalled
    ? []
    : [`  npm install "$(npm pack --silent ${packageRoot})" wrangler`];
  return ["Next, in that folder:", ...install, deployment].join("\n");
}

const deployment = `  npx wrangler deploy --env=""
  npx wrangler secret put RKAT_ADMIN_TOKEN --env=""
  npx wrangler secret put ANTHROPIC_API_KEY --env=""
  rkat login https://<what the deployment printed>`;

/** The package's own settings, comments and all, for a Worker of one's own: there is one place to keep right. */
function deploymentSettings(name: string): string {
  return readFileSync(join(packageRoot, FILE), "utf8")
    .replace(/^name = .*$/m, `name = "${name}"`)
    .replace(/^main = .*$/m, `main = "${WORKER.replaceAll("\\", "/")}"`)
    .replace('"dist/public"', '"node_modules/meerkat-edge/dist/public"');
}

/** @returns whether there was none yet */
function writeWorker(directory: string): boolean {
  const path = join(directory, WORKER);
  if (existsSync(path)) return false;
  writeFileSync(path, worker);
  return true;
}

const worker = `import { createApp } from "meerkat-edge/worker";

// Tools of your own, your own authentication, your own routes: docs/embedding.md
export { RealmObject, SessionObject } from "meerkat-edge/worker";
export default createApp();
`;
