import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { readPages } from "./doc-page.ts";
import { packageRoot } from "./package-root.ts";

/** Every page that people read, by its path from the package's root. */
const pages = new Map(
  readdirSync(packageRoot)
    .filter((name) => name.endsWith(".md"))
    .map((name) => [name, readFileSync(join(packageRoot, name), "utf8")] as const)
    .concat(readPages().map(({ path, text }) => [path, text] as const)),
);

/** A link to a file or a heading of our own, as its page writes it. */
interface Link {
  written: string;
  /** From the package's root. */
  path: string;
  anchor: string | undefined;
}

function linksOf(page: string): Link[] {
  const prose = proseOf(pages.get(page) ?? "");
  return [...prose.matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)].map(([, written = ""]) => {
    const [file = "", anchor] = written.split("#");
    const path = file === "" ? page : normalize(join(dirname(page), file));
    return { written, path, anchor };
  });
}

/** A page without its blocks of code, which may show links and headings of other things. */
function proseOf(text: string): string {
  return text.replaceAll(/^( *)(`{3,}).*?^\1\2$/gms, "").replaceAll(/`[^`\n]*`/g, "");
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(path: string): Set<string> {
  const text = (pages.get(path) ?? "").replaceAll(/^( *)(`{3,}).*?^\1\2$/gms, "");
  const anchors = new Set<string>();
  for (const [, title = ""] of text.matchAll(/^#{1,6} (.+)$/gm)) {
    const slug = title
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Number}\s_-]/gu, "")
      .replaceAll(" ", "-");
    let anchor = slug;
    for (let again = 1; anchors.has(anchor); again++) anchor = `${slug}-${again}`;
    anchors.add(anchor);
  }
  return anchors;
}

describe("the documentation", () => {
  it.each([...pages.keys()])("%s leads only to what is there", (page) => {
    const dead = linksOf(page).filter(({ path, anchor }) => {
      if (!existsSync(join(packageRoot, path))) return true;
      return anchor !== undefined && pages.has(path) && !anchorsOf(path).has(anchor);
    });

    expect(dead.map(({ written }) => written)).toEqual([]);
  });

  it("can be reached from its index, page by page", () => {
    const reached = new Set(["docs/README.md"]);
    for (const page of reached) {
      for (const { path } of linksOf(page)) if (pages.has(path)) reached.add(path);
    }

    const lost = [...pages.keys()].filter((page) => page.startsWith("docs") && !reached.has(page));

    expect(lost).toEqual([]);
  });
});
