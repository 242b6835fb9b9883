import type { Writable } from "node:stream";
import { styleText } from "node:util";
import { MarkdownPainter } from "./markdown.ts";
import { shownOn } from "./print.ts";
import { Spinner } from "./spinner.ts";

/** A stream that may be a terminal. */
export type Output = Writable & { isTTY?: boolean; columns?: number; hasColors?: () => boolean };

/** The two streams of a command, kept from running into each other's lines on a terminal. */
export class Screen {
  readonly #answer: Output;
  readonly #notes: Output;
  readonly #spinner: Spinner;
  #markdown: MarkdownPainter | undefined;
  #midLine = false;
  #midAside = false;

  /** `answer` takes the model's text, `notes` everything else; both may be the same. */
  constructor(answer: Output, notes: Output) {
    this.#answer = answer;
    this.#notes = notes;
    this.#spinner = new Spinner(notes);
  }

  /** How wide a note's line can be where a person reads it; nothing where no person does. */
  get noteWidth(): number | undefined {
    return this.#notes.isTTY ? (this.#notes.columns ?? 80) : undefined;
  }

  /** Writes a piece of the answer, with `prefix` before each line that it begins. */
  answer(text: string, prefix = ""): void {
    if (text === "") return;
    this.#spinner.stop();
    const shown = shownOn(this.#answer, text);
    if (prefix === "" && this.#answer.isTTY && this.#answer.hasColors?.()) {
      this.#markdown ??= new MarkdownPainter((styled) => this.#answer.write(styled));
      this.#markdown.write(shown);
      return;
    }
    const start = this.#midLine ? "" : prefix;
    const body = prefix === "" ? shown : shown.replaceAll(/\n(?=[^])/g, `\n${prefix}`);
    this.#answer.write(start + body);
    this.#midLine = !shown.endsWith("\n");
  }

  /** Ends the answer's line, if one is open. */
  endLine(): void {
    this.#markdown?.end();
    this.#markdown = undefined;
    if (this.#midLine) this.#answer.write("\n");
    this.#midLine = false;
  }

  /** Tells something about the run on a line of its own. */
  note(line: string): void {
    this.aside(`${this.#midAside ? "\n" : ""}${line}\n`);
  }

  /** Writes a piece of something that is not the answer, such as the model's thinking. */
  aside(text: string): void {
    this.#spinner.stop();
    if (this.#sharesTheScreen()) this.endLine();
    this.#midAside = !text.endsWith("\n");
    this.#notes.write(this.#dim(shownOn(this.#notes, text)));
  }

  /** Shows that something goes on, until the next word. */
  wait(text: string): void {
    if (this.#sharesTheScreen()) this.endLine();
    this.#spinner.start(shownOn(this.#notes, text));
  }

  /** Nothing goes on any more. */
  stopWaiting(): void {
    this.#spinner.stop();
  }

  #sharesTheScreen(): boolean {
    return this.#answer === this.#notes || Boolean(this.#answer.isTTY && this.#notes.isTTY);
  }

  /** Plain unless a person looks; NO_COLOR is honoured. */
  #dim(text: string): string {
    return styleText("dim", text, { stream: this.#notes });
  }
}
