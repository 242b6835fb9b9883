// Makes what `import "meerkat-edge"` gives: plain JavaScript, because it runs on any Node at installation.
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, "dist", "package");

/** Writes the SDK; put in place whole, as a program may be importing it. @param {typeof import("esbuild")} esbuild */
export async function bundleSdk(esbuild) {
  const draft = join(out, `sdk.${process.pid}.js`);
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: [join("sdk", "index.ts")],
    outfile: draft,
    bundle: true,
    format: "esm",
    target: "es2022",
    // Node 20 has no `Promise.withResolvers` yet.
    inject: [join(root, "supply-chain", "with-resolvers.ts")],
    define: { "Promise.withResolvers": "withResolvers" },
    logLevel: "warning",
  });
  renameSync(draft, join(out, "sdk.js"));
  pointToSource(join(out, "types", "sdk", "index.d.ts"));
}

/** In a clone the types are the sources', until `npm run package` writes declarations. */
function pointToSource(declaration) {
  if (existsSync(declaration)) return;
  mkdirSync(dirname(declaration), { recursive: true });
  writeFileSync(declaration, 'export * from "../../../../sdk/index.ts";\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await bundleSdk(await import("esbuild"));
}
