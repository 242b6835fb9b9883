#!/usr/bin/env node
// Plain JavaScript for any Node from 18 on: it only finds a Node that can run the CLI, and the CLI.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module, { createRequire } from "node:module";
import { constants } from "node:os";
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

function runWith(node) {
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

async function load() {
  module.enableCompileCache?.();
  const bundle = join(root, "dist", "cli", "main.js");
  const { main } = await import(
    pathToFileURL(existsSync(bundle) ? bundle : join(root, "cli", "main.ts")).href
  );
  await main(process.argv.slice(2));
}

if (isNewEnough(process.versions.node)) {
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
