// Bundles the console into hashed static files: plain JavaScript, because it runs on any Node at installation.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const source = join("worker", "console");

/** The folder that is served as static files, and the console's part of it. */
const publicFolder = join(root, "dist", "public");
const outdir = join(publicFolder, "console");

/** Writes the console's files. @param {typeof import("esbuild")} esbuild */
export async function bundleConsole(esbuild) {
  rmSync(outdir, { recursive: true, force: true });
  const { metafile } = await esbuild.build({
    metafile: true,
    absWorkingDir: root,
    entryPoints: ["main.tsx", "theme-boot.ts", "styles/console.css"].map((name) =>
      join(source, name),
    ),
    outdir: join(outdir, "assets"),
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    bundle: true,
    // Each view is a file of its own, loaded when it is opened.
    splitting: true,
    minify: true,
    platform: "browser",
    format: "esm",
    target: ["chrome125", "firefox128", "safari17.4"],
    jsx: "automatic",
    jsxImportSource: "preact",
    // The public entry, from its source: the console is bundled before the package is.
    alias: { "meerkat-edge": join(root, "sdk", "index.ts") },
    logLevel: "warning",
  });
  const html = page(readFileSync(join(root, source, "index.html"), "utf8"), metafile);
  mkdirSync(outdir, { recursive: true });
  writeFileSync(join(outdir, "index.html"), html);
  writeFileSync(
    join(root, "dist", "console-sources.json"),
    JSON.stringify([...Object.keys(metafile.inputs), join(source, "index.html")]),
  );
}

/** Puts the hashed names in place of the plain ones, and names what the first script needs at once. */
function page(template, { outputs }) {
  const named = new Map();
  let preloads = "";
  for (const [path, { entryPoint, imports }] of Object.entries(outputs)) {
    if (!entryPoint) continue;
    named.set(basename(entryPoint), address(path));
    if (basename(entryPoint) !== "main.tsx") continue;
    for (const { kind, path: needed } of imports) {
      if (kind === "import-statement")
        preloads += `<link rel="modulepreload" href="${address(needed)}" />\n    `;
    }
  }
  return template
    .replace("<!-- preloads -->", preloads.trimEnd())
    .replaceAll(/{{([\w.-]+)}}/g, (_, name) => named.get(name));
}

function address(path) {
  return `/${relative(publicFolder, join(root, path)).replaceAll("\\", "/")}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await bundleConsole(await import("esbuild"));
}
