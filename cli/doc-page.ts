import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { packageRoot } from "./package-root.ts";

/** A fenced block of a page that says of itself, in a comment before it, that it can be run. */
export interface Block {
  line: number;
  /** `keeps running` stands for a block that a reader leaves open in a terminal of its own. */
  mark: "runs" | "keeps running";
  language: string;
  code: string;
  output: string | undefined;
}

/** A page of the documentation, and what in it can be tried. */
export interface Page {
  /** From the package's root. */
  path: string;
  text: string;
  blocks: Block[];
  /** Files that a reader is told to write, by name: blocks under `<!-- file name -->`. */
  files: ReadonlyMap<string, string>;
}

const runnable =
  /<!-- (runs|keeps running) -->\n```(\w+)\n(.*?)```\n(?:\n```output\n(.*?)```\n)?/gs;
const written = /<!-- file (\S+) -->\n```\w+\n(.*?)```\n/gs;

/** Reads a page of the documentation by its path from the package's root. */
export function readPage(path: string): Page {
  const text = readFileSync(join(packageRoot, path), "utf8");
  const blocks = [...text.matchAll(runnable)].map((match): Block => {
    const [, mark, language = "", code = "", output] = match;
    const line = text.slice(0, match.index).split("\n").length;
    return { line, mark: mark === "runs" ? mark : "keeps running", language, code, output };
  });
  const files = new Map<string, string>();
  for (const [, name = "", content = ""] of text.matchAll(written)) files.set(name, content);
  return { path, text, blocks, files };
}

/** Every page below `docs`, and the README. */
export function readPages(): Page[] {
  return readdirSync(join(packageRoot, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .toSorted()
    .map((name) => readPage(join("docs", name)))
    .concat(readPage("README.md"));
}

/** Writes a page's files where its reader would. */
export function writeFiles({ files }: Page, folder: string): void {
  for (const [name, content] of files) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}
