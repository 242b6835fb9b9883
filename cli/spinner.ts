import type { Output } from "./screen.ts";

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MS = 80;
const ERASE_LINE = "\r\x1b[2K";

/** Tells a person at a terminal that something goes on; on anything else it is silent. */
export class Spinner {
  readonly #output: Output;
  #timer: NodeJS.Timeout | undefined;

  constructor(output: Output) {
    this.#output = output;
  }

  /** Shows what is waited for, with the seconds since, on a line that `stop` takes away. */
  start(text: string): void {
    this.stop();
    if (!this.#output.isTTY || process.env["TERM"] === "dumb") return;
    const since = Date.now();
    let frame = 0;
    const draw = () => {
      const seconds = Math.floor((Date.now() - since) / 1_000);
      const time = seconds > 0 ? ` ${seconds} s` : "";
      // A line that wraps could not be taken away again.
      const line = `${FRAMES[frame++ % FRAMES.length]} ${text}${time}`;
      this.#output.write(ERASE_LINE + line.slice(0, (this.#output.columns ?? 80) - 1));
    };
    draw();
    this.#timer = setInterval(draw, FRAME_MS).unref();
  }

  stop(): void {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#output.write(ERASE_LINE);
  }
}
