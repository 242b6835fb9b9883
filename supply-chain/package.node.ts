import { execFileSync, type StdioOptions } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions } from "esbuild";

// `npm pack` runs this: what other projects import is plain JavaScript with declarations beside it, since
// Node strips no types below node_modules.

const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, "dist", "package");

/** Standard output is for the name of the tarball, which `npm pack --silent` gives to `npm install`. */
const quiet: StdioOptions = ["ignore", 2, "inherit"];

/** A name of another file of the package in a declaration. */
const relative = /(?<=(?:from |import\()")\.[^"]+(?=")/g;

/** What can be imported, by the name of its file in the package. */
const entries = { sdk: "sdk/index.ts", worker: "worker/embedding.ts" };

const forWorkerd = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  target: "es2024",
  conditions: ["workerd", "worker", "browser"],
  external: ["cloudflare:*", "node:*"],
  logLevel: "warning",
} as const satisfies BuildOptions;

// By another program, since an installation makes it, too.
execFileSync(process.execPath, [join(root, "supply-chain", "sdk-bundle.mjs")], {
  stdio: quiet,
});
await Promise.all([
  // Its dependencies are installed with it, so that one's own Worker has each of them once.
  build({
    ...forWorkerd,
    entryPoints: [entries.worker],
    outfile: join(out, "worker.js"),
    packages: "external",
  }),
  buildServed(),
]);
writeDeclarations();

/** What `rkat serve` runs; put in place whole, as another command may be reading it. */
async function buildServed(): Promise<void> {
  const target = join(root, "dist", "embedded", "worker.js");
  const draft = `${target}.${process.pid}`;
  await build({ ...forWorkerd, entryPoints: ["worker/index.ts"], outfile: draft });
  renameSync(draft, target);
}

function writeDeclarations(): void {
  if (!existsSync(join(root, "worker-configuration.d.ts"))) {
    execFileSync("npx", ["wrangler", "types"], { cwd: root, stdio: quiet });
  }
  const emitted = mkdtempSync(join(tmpdir(), "rkat-types-"));
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const project = join(root, "supply-chain", "tsconfig.json");
  const options = ["-p", project, "--outDir", emitted, "--rootDir", root];
  execFileSync(process.execPath, [tsc, ...options], { stdio: quiet });
  rmSync(join(out, "types"), { recursive: true, force: true });
  const kept = new Set<string>();
  for (const entry of Object.values(entries)) keep(declarationOf(entry), emitted, kept);
  rmSync(emitted, { recursive: true });
}

/** Copies a declaration and those that it names: the rest is nobody's business. */
function keep(path: string, from: string, kept: Set<string>): void {
  if (kept.has(path)) return;
  kept.add(path);
  const text = readFileSync(join(from, path), "utf8");
  for (const [name] of text.matchAll(relative)) {
    keep(join(dirname(path), declarationOf(name)), from, kept);
  }
  const target = join(out, "types", path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(
    target,
    text.replaceAll(relative, (name) => name.replace(/\.ts$/, ".js")),
  );
}

function declarationOf(path: string): string {
  return path.replace(/\.ts$/, ".d.ts");
}
