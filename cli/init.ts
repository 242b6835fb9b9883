import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { exitCodes } from "./exit-codes.ts";
import type { GlobalFlags } from "./global-flags.ts";
import { packageRoot } from "./package-root.ts";
import { UsageError } from "./usage-error.ts";

/** The flags of `rkat init`. */
export interface InitFlags extends GlobalFlags {
  name: string;
}

const FILE = "wrangler.toml";

/** Writes the settings of a deployment of the user's own; says so when there are some already. */
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
  mkdirSync(directory, { recursive: true });
  writeFileSync(path, deploymentSettings(name, entryFrom(directory)), { flag: "wx" });
  process.stdout.write(`Wrote ${path}\n\n${nextCommands}\n`);
  return exitCodes.ok;
}

const nextCommands = `Next, in that folder:
  npx wrangler deploy
  npx wrangler secret put RKAT_ADMIN_TOKEN
  npx wrangler secret put ANTHROPIC_API_KEY
  rkat login https://<what the deployment printed>`;

/** The package's own settings, comments and all, under another name: there is one place to keep right. */
function deploymentSettings(name: string, main: string): string {
  return readFileSync(join(packageRoot, FILE), "utf8")
    .replace(/^name = .*$/m, `name = "${name}"`)
    .replace(/^main = .*$/m, `# The Worker of the installed package.\nmain = "${main}"`);
}

/** From the folder's own installation, if it has one, so that the file can be committed. */
function entryFrom(directory: string): string {
  const installed = join("node_modules", "meerkat-edge", "worker", "index.ts");
  if (existsSync(join(directory, installed))) return installed;
  return relative(directory, join(packageRoot, "worker", "index.ts"));
}
