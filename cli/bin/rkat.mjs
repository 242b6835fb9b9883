#!/usr/bin/env node
// Plain JavaScript for any Node from 18 on: it only finds a Node that can run the CLI, and the CLI.
import { existsSync, readFileSync, statSync } from "node:fs";
import module, { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** node:sqlite and type stripping both work without a flag from here on. */
const OLDEST_NODE = [22, 18];

function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
}

function packagedNode() {
  try {
    return createRequire(import.meta.url).resolve(
      `node-${process.platform}-${process.arch}/bin/node`,
    );
  } catch {
    return undefined;
  }
}

async function runWith(node) {
  const { spawn } = await import("node:child_process");
  const { constants } = await import("node:os");
  // The IPC channel tells the child when this process is gone, even by kill -9.
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: { ...process.env, RKAT_LAUNCHED: "1" },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to the whole foreground group: the child already has it.
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on("error", (error) => {
    console.error(`Error: cannot run ${node}: ${error.message}`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => {
    process.exit(code ?? 128 + (constants.signals[signal] ?? 0));
  });
}

/** What to run: the bundle, unless this is a clone and a source has changed since. */
function entry() {
  const source = `${root}/cli/main.ts`;
  const bundle = `${root}/dist/cli/main.js`;
  if (!existsSync(source)) return bundle;
  return isFresh(bundle) ? bundle : source;
}

function isFresh(bundle) {
  try {
    const { mtimeMs } = statSync(bundle);
    const sources = JSON.parse(readFileSync(`${root}/dist/cli/sources.json`, "utf8"));
    return sources.every((path) => statSync(`${root}/${path}`).mtimeMs <= mtimeMs);
  } catch {
    // Never bundled, or a source is gone.
    return false;
  }
}

async function load() {
  module.enableCompileCache?.();
  const { main } = await import(pathToFileURL(entry()).href);
  await main(process.argv.slice(2));
}

const [first, ...others] = process.argv.slice(2);
if (others.length === 0 && (first === "--version" || first === "-V")) {
  console.log(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version);
} else if (isNewEnough(process.versions.node)) {
  await load();
} else {
  const node = packagedNode();
  if (node === undefined || process.env.RKAT_LAUNCHED) {
    console.error(
      `Error: rkat needs Node ${OLDEST_NODE.join(".")} or newer and this is ${process.versions.node}; install it from https://nodejs.org`,
    );
    process.exit(1);
  }
  await runWith(node);
}
