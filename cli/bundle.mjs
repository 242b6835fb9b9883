// Bundles the CLI for quick starts, the console and the SDK: `rkat` takes a bundle while it is newer than all its sources.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleSdk } from "../supply-chain/sdk-bundle.mjs";
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

/** Commander loads what starts programs, for commands that are programs of their own: `rkat` has none. */
const withoutPrograms = {
  name: "without-programs",
  setup(build) {
    build.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes("commander") ? { path: "none", namespace: "none" } : undefined,
    );
    build.onLoad({ filter: /^none$/, namespace: "none" }, () => ({
      contents: "export default {};",
    }));
  },
};

const esbuild = await compiler();
if (esbuild) {
  const outdir = join(root, "dist", "cli");
  rmSync(outdir, { recursive: true, force: true });
  const { metafile } = await esbuild.build({
    metafile: true,
    absWorkingDir: root,
    entryPoints: [join("cli", "main.ts")],
    outfile: join(outdir, "main.cjs"),
    bundle: true,
    minify: true,
    platform: "node",
    // One file and no ES modules: each further file costs a start a millisecond, and so does each built-in
    // module that is imported as one. Commands' code still runs only when it is asked for.
    format: "cjs",
    define: { "import.meta.dirname": "__dirname", "import.meta.url": "__filename" },
    target: "node22",
    external: ["esbuild", "miniflare", "workerd"],
    plugins: [withoutPrograms],
    logLevel: "warning",
  });
  const sources = Object.keys(metafile.inputs).filter((path) => /^(cli|sdk|worker)\//.test(path));
  // Stands for all that is installed.
  sources.push("package-lock.json");
  writeFileSync(join(outdir, "sources.json"), JSON.stringify(sources));
  await bundleConsole(esbuild);
  await bundleSdk(esbuild);
}
