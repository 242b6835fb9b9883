import type { Output } from "./screen.ts";

/** What a terminal would obey instead of showing it. */
// oxlint-disable-next-line no-control-regex -- control characters are what it is about
const commands = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Text as a stream may show it: on a terminal, what models, tools or others wrote must not move the cursor. */
export function shownOn(output: Output, text: string): string {
  return output.isTTY ? text.replaceAll(commands, "") : text;
}

/** Prints a line, or several, of what the user asked for. */
export function print(text: string): void {
  process.stdout.write(shownOn(process.stdout, `${text}\n`));
}

/** Prints JSON for scripts and people. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** Tells something beside what was asked for. */
export function tell(text: string): void {
  process.stderr.write(shownOn(process.stderr, `${text}\n`));
}
