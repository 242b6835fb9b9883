import * as smd from "streaming-markdown";

type Token = Parameters<smd.Renderer_Add_Token<undefined>>[1];
type Attribute = Parameters<smd.Renderer_Set_Attr<undefined>>[1];

/** An open piece of the document, outermost first. */
interface Open {
  token: Token;
  /** Whether it has shown something yet: what comes next is set apart from it. */
  isBegun: boolean;
  /** Of lists: the number of the next item. */
  next?: number;
  url?: string;
}

const styles: ReadonlyMap<Token, string> = new Map([
  ...[smd.HEADING_1, smd.HEADING_2].map((token): [Token, string] => [token, "1;4"]),
  ...[smd.HEADING_3, smd.HEADING_4, smd.HEADING_5, smd.HEADING_6].map((token): [Token, string] => [
    token,
    "1",
  ]),
  [smd.STRONG_AST, "1"],
  [smd.ITALIC_AST, "3"],
  [smd.STRIKE, "9"],
  [smd.CODE_INLINE, "36"],
  [smd.CODE_BLOCK, "36"],
  [smd.CODE_FENCE, "36"],
  [smd.LINK, "4"],
  [smd.RAW_URL, "4"],
  [smd.BLOCKQUOTE, "2"],
]);

const blocks: ReadonlySet<Token> = new Set([
  smd.PARAGRAPH,
  smd.HEADING_1,
  smd.HEADING_2,
  smd.HEADING_3,
  smd.HEADING_4,
  smd.HEADING_5,
  smd.HEADING_6,
  smd.CODE_BLOCK,
  smd.CODE_FENCE,
  smd.BLOCKQUOTE,
  smd.LIST_UNORDERED,
  smd.LIST_ORDERED,
  smd.TABLE,
  smd.RULE,
  smd.EQUATION_BLOCK,
]);

/** What `snake_case` and `list[i]` look like to the parser: the marks stay to be seen. */
const verbatim: ReadonlyMap<Token, readonly [before: string, after: string]> = new Map([
  [smd.ITALIC_UND, ["_", "_"]],
  [smd.STRONG_UND, ["__", "__"]],
  [smd.LINK, ["[", "]"]],
  [smd.IMAGE, ["![", "]"]],
]);

/** Shows Markdown on a terminal as it comes: nothing that was written is ever drawn again. */
export class MarkdownPainter {
  readonly #write: (text: string) => void;
  readonly #parser: smd.Parser;
  readonly #open: Open[] = [{ token: smd.DOCUMENT, isBegun: false }];
  #needsPrefix = true;

  /** `write` takes text with ANSI styles. */
  constructor(write: (text: string) => void) {
    this.#write = write;
    this.#parser = smd.parser({
      data: undefined,
      add_token: (_, token) => this.#begin(token),
      end_token: () => this.#end(),
      add_text: (_, text) => this.#text(text),
      set_attr: (_, attribute, value) => this.#attribute(attribute, value),
    });
  }

  /** Takes the next piece, cut anywhere. */
  write(piece: string): void {
    smd.parser_write(this.#parser, piece);
  }

  /** Ends the document and its last line. */
  end(): void {
    smd.parser_end(this.#parser);
    // What is open was perhaps never closed: its style ends, and no mark is made up.
    if (this.#activeStyles() !== "") this.#write("\x1b[0m");
    if (this.#open[0]?.isBegun) this.#write("\n");
  }

  #begin(token: Token): void {
    if (blocks.has(token)) this.#separate();
    if (token === smd.LIST_ITEM || token === smd.TABLE_ROW) this.#item();
    if (token === smd.TABLE_CELL && this.#top()?.isBegun) this.#text("│");
    if (token === smd.LINE_BREAK) this.#newLine();
    const bullet = token === smd.LIST_ITEM ? this.#bullet() : undefined;
    this.#open.push({ token, isBegun: false });
    const style = styles.get(token);
    if (style) this.#write(`\x1b[${style}m`);
    if (token === smd.RULE) this.#text("─".repeat(20));
    if (bullet !== undefined) this.#lead(bullet);
    this.#text(verbatim.get(token)?.[0] ?? "");
  }

  #end(): void {
    const top = this.#top();
    if (!top) return;
    if (top.token === smd.CHECKBOX && !top.isBegun) this.#text("☐");
    this.#text(verbatim.get(top.token)?.[1] ?? "");
    this.#open.pop();
    if (styles.has(top.token)) this.#write(`\x1b[0m${this.#activeStyles()}`);
    if (top.url !== undefined) this.#text(`(${top.url})`);
  }

  #text(text: string): void {
    if (text === "") return;
    const [first = "", ...rest] = text.split("\n");
    this.#onLine(first);
    for (const line of rest) {
      this.#newLine();
      this.#onLine(line);
    }
    for (const open of this.#open) open.isBegun = true;
  }

  #attribute(attribute: Attribute, value: string): void {
    const top = this.#top();
    if (!top) return;
    if (attribute === smd.START) top.next = Number(value);
    if (attribute === smd.HREF && top.token === smd.LINK) top.url = value;
    if (attribute === smd.SRC) top.url = value;
    if (attribute === smd.CHECKED) this.#text("☑");
  }

  /** A block begins a line of its own; in the document, a blank one stands before it. */
  #separate(): void {
    const top = this.#top();
    if (!top?.isBegun) return;
    this.#newLine();
    if (top.token === smd.DOCUMENT) this.#newLine();
  }

  #item(): void {
    if (this.#top()?.isBegun) this.#newLine();
  }

  #bullet(): string {
    const list = this.#top();
    if (list?.token !== smd.LIST_ORDERED) return "• ";
    const number = list.next ?? 1;
    list.next = number + 1;
    return `${number}. `;
  }

  /** A bullet stands where the lines below it are indented. */
  #lead(bullet: string): void {
    if (this.#needsPrefix) this.#write(this.#prefix(this.#open.slice(0, -1)));
    this.#needsPrefix = false;
    this.#write(bullet);
    for (const open of this.#open.slice(0, -1)) open.isBegun = true;
  }

  #onLine(text: string): void {
    if (text === "") return;
    if (this.#needsPrefix) this.#write(this.#prefix(this.#open));
    this.#needsPrefix = false;
    this.#write(text);
  }

  #newLine(): void {
    this.#write("\n");
    this.#needsPrefix = true;
  }

  #prefix(open: readonly Open[]): string {
    const marks = open.map(({ token }) => {
      if (token === smd.BLOCKQUOTE) return "│ ";
      return token === smd.LIST_ITEM ? "  " : "";
    });
    return marks.join("");
  }

  #activeStyles(): string {
    return this.#open
      .map(({ token }) => styles.get(token))
      .flatMap((style) => (style === undefined ? [] : [`\x1b[${style}m`]))
      .join("");
  }

  #top(): Open | undefined {
    return this.#open.at(-1);
  }
}
