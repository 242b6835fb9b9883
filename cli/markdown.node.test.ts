import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { MarkdownPainter } from "./markdown.ts";

/** Paints a document that comes in pieces of a size. */
function painted(document: string, size = document.length): string {
  let shown = "";
  const painter = new MarkdownPainter((text) => {
    shown += text;
  });
  for (let at = 0; at < document.length; at += size) painter.write(document.slice(at, at + size));
  painter.end();
  return shown;
}

const plain = (document: string) => stripVTControlCharacters(painted(document));

describe("Markdown on a terminal", () => {
  it("styles headings, emphasis and code, and takes their marks away", () => {
    expect(painted("# Title")).toBe("\x1b[1;4mTitle\x1b[0m\n");
    expect(painted("a **b** *c* `d`")).toBe("a \x1b[1mb\x1b[0m \x1b[3mc\x1b[0m \x1b[36md\x1b[0m\n");
    expect(painted("## A **b** c")).toBe("\x1b[1;4mA \x1b[1mb\x1b[0m\x1b[1;4m c\x1b[0m\n");
  });

  it("sets blocks apart and keeps the lines of code as they are", () => {
    expect(plain("One\n\n```ts\nlet a = 1;\n\n  **b**\n```\n\nTwo\nthree")).toBe(
      "One\n\nlet a = 1;\n\n  **b**\n\nTwo\nthree\n",
    );
  });

  it("shows lists with bullets and numbers, nested ones indented", () => {
    expect(plain("Do:\n\n- one\n- two\n  - in it\n\n3. a\n4. b")).toBe(
      "Do:\n\n• one\n• two\n  • in it\n\n3. a\n4. b\n",
    );
  });

  it("shows quotes, tables and links", () => {
    expect(plain("> a\n> b")).toBe("│ a\n│ b\n");
    expect(plain("| a | b |\n|---|---|\n| 1 | 2 |")).toBe(" a │ b \n 1 │ 2 \n");
    expect(plain("[text](https://a.example)")).toBe("[text](https://a.example)\n");
  });

  it.each([
    "snake_case_name and __init__",
    "list[0] = a * b * c",
    "1 < 2 && 3 > 2",
    "C:\\dir a#b",
    "a[0",
  ])("loses nothing of '%s'", (text) => {
    expect(plain(text)).toBe(`${text}\n`);
  });

  it.each([1, 2, 3, 7])("shows the same in pieces of %i characters", (size) => {
    const document =
      "# Head **bold**\n\nText with `code`.\n\n- one\n- two **b**\n\n```\nx = [1]\n```\n\n> q\n\nEnd_of_it";

    expect(painted(document, size)).toBe(painted(document));
  });

  it("is silent about nothing", () => {
    expect(painted("")).toBe("");
  });
});
