// Bundles the CLI for quick starts, and the console: `rkat` takes a bundle while it is newer than all its sources.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleConsole } from "../worker/console/bundle.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

async function compiler() {
  try {
    return await import("esbuild");
  } catch {
    // An installation without development dependencies brings its bundle, or runs from sources.
    return undefined;
  }
}

const esbuild = await compiler();
if (esbuild) {
  const outdir = join(root, "dist", "cli");
  rmSync(outdir, { recursive: true, force: true });
  const { metafile } = await esbuild.build({
    metafile: true,
    absWorkingDir: root,
    entryPoints: [join("cli", "main.ts")],
    outdir,
    bundle: true,
    // Each command's code stays a file of its own, loaded when the command runs.
    splitting: true,
    minify: true,
    platform: "node",
    format: "esm",
    target: "node22",
    external: ["esbuild", "miniflare", "workerd"],
    // What is bundled as CommonJS asks for Node's own modules with `require`.
    banner: {
      js: 'import { createRequire as rkatRequire } from "node:module"; const require = rkatRequire(import.meta.url);',
    },
    logLevel: "warning",
  });
  writeFileSync(join(outdir, "sources.json"), JSON.stringify(Object.keys(metafile.inputs)));
  await bundleConsole(esbuild);
}
