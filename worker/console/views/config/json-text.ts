import {
  findNodeAtLocation,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";

/** A JSON object, as the config is one. */
export type Document = Record<string, unknown>;

/** Something wrong at a place of a text; lines and columns count from 1. */
export interface TextProblem {
  message: string;
  line: number;
  column: number;
  start: number;
  end: number;
}

/** What a text says, or why it says nothing. */
export type Reading =
  | { document: Document; problem?: undefined }
  | { document?: undefined; problem: TextProblem };

/** By the parser's own names. */
const words: Readonly<Record<string, string>> = {
  InvalidSymbol: "this is no JSON value; texts stand in double quotes",
  InvalidNumberFormat: "this number is not finished",
  PropertyNameExpected: "a key in double quotes is expected here",
  ValueExpected: "a value is expected here",
  ColonExpected: "a colon is missing before this",
  CommaExpected: "a comma is missing before this",
  CloseBraceExpected: "a closing } is missing",
  CloseBracketExpected: "a closing ] is missing",
  EndOfFileExpected: "the document ended before this",
  InvalidCommentToken: "JSON has no comments",
  UnexpectedEndOfString: "this text is not closed",
  InvalidUnicode: "this Unicode escape is not finished",
  InvalidEscapeCharacter: "this escape does not exist in JSON",
  InvalidCharacter: "a control character must be escaped",
};

/** A document as the editor shows it. */
export function textOfDocument(document: Document): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Reads a text as a config document. */
export function readDocument(text: string): Reading {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { disallowComments: true });
  const [first] = errors;
  if (first) {
    const message = words[printParseErrorCode(first.error)] ?? "this is not JSON";
    return { problem: problemAt(text, message, first.offset, first.length) };
  }
  if (tree?.type !== "object") {
    return { problem: problemAt(text, "a config is an object: it begins with {", 0, 0) };
  }
  const twice = repeatedKey(tree);
  if (twice) {
    const message = `the key ${String(twice.value)} stands twice in this object`;
    return { problem: problemAt(text, message, twice.offset, twice.length) };
  }
  // The tree is an object, so its text is one.
  return { document: JSON.parse(text) as Document };
}

/** Where a key such as `retry.max_retries` stands in a text, or else the nearest key around it. */
export function placeOfKey(
  text: string,
  key: string,
): Pick<TextProblem, "line" | "start" | "end"> | undefined {
  const tree = parseTree(text);
  const path = (key.match(/"(?:[^"\\]|\\.)*"|[\w-]+/g) ?? []).map(segment);
  if (!tree) return undefined;
  for (; path.length > 0; path.pop()) {
    // A list's entries are found by numbers.
    const location = path.map((part) => (/^\d+$/.test(part) ? Number(part) : part));
    const node = findNodeAtLocation(tree, path) ?? findNodeAtLocation(tree, location);
    if (node) {
      const shown = node.parent?.type === "property" ? node.parent : node;
      const { line, start, end } = problemAt(text, "", shown.offset, shown.length);
      return { line, start, end };
    }
  }
  return undefined;
}

function segment(text: string): string {
  return text.startsWith('"') ? String(JSON.parse(text)) : text;
}

function repeatedKey(node: Node): Node | undefined {
  const children = node.children ?? [];
  if (node.type === "object") {
    const seen = new Set<unknown>();
    for (const { children: [name] = [] } of children) {
      if (name && seen.has(name.value)) return name;
      seen.add(name?.value);
    }
  }
  for (const child of children) {
    const found = repeatedKey(child);
    if (found) return found;
  }
  return undefined;
}

function problemAt(text: string, message: string, offset: number, length: number): TextProblem {
  const before = text.slice(0, offset).split("\n");
  const column = (before.at(-1)?.length ?? 0) + 1;
  return { message, line: before.length, column, start: offset, end: offset + length };
}
