import type { Writable } from "node:stream";
import { styleText } from "node:util";

/** A stream that may be a terminal. */
export type Output = Writable & { isTTY?: boolean };

/** The two streams of a command, kept from running into each other's lines on a terminal. */
export class Screen {
  readonly #answer: Output;
  readonly #notes: Output;
  #midLine = false;

  /** `answer` takes the model's text, `notes` everything else; both may be the same. */
  constructor(answer: Output, notes: Output) {
    this.#answer = answer;
    this.#notes = notes;
  }

  /** Writes a piece of the answer, with `prefix` before each line that it begins. */
  answer(text: string, prefix = ""): void {
    if (text === "") return;
    const start = this.#midLine ? "" : prefix;
    const body = prefix === "" ? text : text.replaceAll(/\n(?=[^])/g, `\n${prefix}`);
    this.#answer.write(start + body);
    this.#midLine = !text.endsWith("\n");
  }

  /** Ends the answer's line, if one is open. */
  endLine(): void {
    if (this.#midLine) this.#answer.write("\n");
    this.#midLine = false;
  }

  /** Tells something about the run on a line of its own. */
  note(line: string): void {
    this.aside(`${line}\n`);
  }

  /** Writes a piece of something that is not the answer, such as the model's thinking. */
  aside(text: string): void {
    if (this.#sharesTheScreen()) this.endLine();
    this.#notes.write(this.#dim(text));
  }

  #sharesTheScreen(): boolean {
    return this.#answer === this.#notes || Boolean(this.#answer.isTTY && this.#notes.isTTY);
  }

  /** Plain unless a person looks; NO_COLOR is honoured. */
  #dim(text: string): string {
    return styleText("dim", text, { stream: this.#notes });
  }
}
