import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { packageRoot } from "../../cli/package-root.ts";

const COPIED = ["worker", "durable-objects", "sdk", "cli"];
const FILES = ["package.json", "package-lock.json", "wrangler.toml", "tsconfig.json"];

/** Pieces of a source file, and what stands there instead. */
interface Edit {
  file: string;
  from: readonly string[];
  to: readonly string[];
}

/** A safeguard that is taken out of a source file, and out of others where it stands there as well. */
export interface Mutation extends Edit {
  name: string;
  also?: readonly Edit[];
}

/** A command that ends with an error when it finds a violation. */
export interface Suite {
  entry: string;
  args: readonly string[];
}

// Nothing is changed: what the suite then finds is not a missing safeguard's doing.
const control: Mutation = { name: "nothing", file: "package.json", from: [], to: [] };

/** Runs a suite without each safeguard, and with all of them, and tells. @returns whether it noticed what it should */
export async function told(suite: Suite, mutations: readonly Mutation[]): Promise<boolean> {
  let isRight = true;
  for (const mutation of [control, ...mutations]) {
    const folder = mutant(mutation);
    try {
      const found = await verdict(folder, suite);
      isRight &&= (found === undefined) === (mutation === control);
      process.stdout.write(`without ${mutation.name}: ${found ?? "nothing is noticed"}\n`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return isRight;
}

/** A copy of the sources in which one safeguard is missing. */
function mutant({ also = [], ...first }: Mutation): string {
  const folder = mkdtempSync(join(tmpdir(), "rkat-mutant-"));
  for (const name of [...COPIED, ...FILES]) {
    cpSync(join(packageRoot, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(packageRoot, "node_modules"), join(folder, "node_modules"));
  for (const edit of [first, ...also]) apply(edit, folder);
  return folder;
}

function apply({ file, from, to }: Edit, folder: string): void {
  const path = join(folder, file);
  const source = readFileSync(path, "utf8");
  const changed = from.reduce((mutated, piece, index) => {
    if (!mutated.includes(piece)) throw new Error(`${file} no longer says: ${piece}`);
    return mutated.replace(piece, () => to[index] ?? "");
  }, source);
  writeFileSync(path, changed);
}

/** Runs the suite on a copy. @returns what it found, or nothing if it noticed nothing */
async function verdict(folder: string, { entry, args }: Suite): Promise<string | undefined> {
  const command = [join(folder, entry), ...args];
  const child = spawn(process.execPath, command, {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
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
