#!/usr/bin/env node
// Plain JavaScript for any Node from 18 on: it only finds a Node that can run the CLI, and the CLI.
import { createRequire } from "node:module";

// An `import` reads every export of a built-in module, which for some loads half of Node: `require` does not.
const require = createRequire(import.meta.url);
const { existsSync, readFileSync, statSync } = require("node:fs");
const { dirname, join } = require("node:path");
const { fileURLToPath, pathToFileURL } = require("node:url");

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** node:sqlite and type stripping both work without a flag from here on. */
const OLDEST_NODE = [22, 18];

function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
}

function packagedNode() {
  try {
    return require.resolve(`node-${process.platform}-${process.arch}/bin/node`);
  } catch {
    return undefined;
  }
}

function runWith(node) {
  const { spawn } = require("node:child_process");
  const { constants } = require("node:os");
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
  const bundle = `${root}/dist/cli/main.cjs`;
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

/** Keeps compiled code where only the user can write: the default is a folder that everybody can. */
function enableCompileCache() {
  try {
    const { homedir } = require("node:os");
    const caches = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
    require("node:module").enableCompileCache?.(join(caches, "rkat"));
  } catch {
    // A user without a home starts a little slower.
  }
}

async function load() {
  enableCompileCache();
  const path = entry();
  const isBundle = path.endsWith(".cjs");
  const { main } = isBundle ? require(path) : await import(pathToFileURL(path).href);
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
  runWith(node);
}
