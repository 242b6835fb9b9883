import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { packageRoot } from "../../cli/package-root.ts";
import { type Mutation, mutations } from "./mutation-list.node.ts";

// npm run chaos:mutations: switches safeguards off, one at a time, in a copy of the sources, and shows
// that the suite notices each, and nothing in an unchanged copy. Ends with an error otherwise.

const COPIED = ["worker", "durable-objects", "sdk", "cli"];
const FILES = ["package.json", "package-lock.json", "wrangler.toml", "tsconfig.json"];

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    kills: { type: "string", default: "60" },
    only: { type: "string", default: "" },
  },
});

// Nothing is changed: what the suite then finds is not a missing safeguard's doing.
const control: Mutation = { name: "nothing", file: "package.json", from: [], to: [] };

/** A copy of the sources in which one safeguard is missing. */
function mutant({ file, from, to }: Mutation): string {
  const folder = mkdtempSync(join(tmpdir(), "rkat-mutant-"));
  for (const name of [...COPIED, ...FILES]) {
    cpSync(join(packageRoot, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(packageRoot, "node_modules"), join(folder, "node_modules"));
  const path = join(folder, file);
  const source = readFileSync(path, "utf8");
  const changed = from.reduce((mutated, piece, index) => {
    if (!mutated.includes(piece)) throw new Error(`${file} no longer says: ${piece}`);
    return mutated.replace(piece, () => to[index] ?? "");
  }, source);
  writeFileSync(path, changed);
  return folder;
}

/** Runs the suite on a copy. @returns what it found, or nothing if it noticed nothing */
async function verdict(folder: string): Promise<string | undefined> {
  const entry = join(folder, "worker/chaos/chaos.node.ts");
  const args = [entry, "--seed", values.seed, "--kills", values.kills];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "close");
  const [, problem] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await ended;
  if (child.exitCode === 0) return undefined;
  const [story = "", why = ""] = problem
    .split("\n")
    .filter((line) => /Violation|^ {2}\S/.test(line));
  if (story === "") throw new Error(`the suite did not run: ${problem}`);
  return `${story.replace(/^.*Violation: /, "")}: ${why.trim()}`;
}

let wrong = 0;
for (const mutation of [control, ...mutations]) {
  if (!mutation.name.includes(values.only)) continue;
  const folder = mutant(mutation);
  try {
    const found = await verdict(folder);
    if ((found === undefined) !== (mutation === control)) wrong += 1;
    process.stdout.write(`without ${mutation.name}: ${found ?? "nothing is noticed"}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
process.exitCode = wrong === 0 ? 0 : 1;
