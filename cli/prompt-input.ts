import { fstatSync } from "node:fs";
import { text } from "node:stream/consumers";
import { UsageError } from "./usage-error.ts";

/** How a command treats what is piped into it (contract 10.6). */
export type StdinMode = "auto" | "blob" | "lines" | "off";

/** The prompt, with piped input in front of it where there is any. */
export async function withPipedInput(prompt: string, mode: StdinMode): Promise<string> {
  const input = isAlone(mode) ? prompt : wrapPrompt((await text(process.stdin)).trim(), prompt);
  if (input.trim() === "") throw new UsageError("the prompt is empty: say what you want");
  return input;
}

function isAlone(mode: StdinMode): boolean {
  if (mode === "off" || mode === "lines" || process.stdin.isTTY) return true;
  return mode === "auto" && !isPiped();
}

/** Marks piped text off from the prompt, so that the model knows which is which. */
export function wrapPrompt(piped: string, prompt: string): string {
  return piped === "" ? prompt : `<stdin>\n${piped}\n</stdin>\n\n${prompt}`;
}

/** A daemon's closed or null input is nothing to wait for. */
function isPiped(): boolean {
  try {
    const stdin = fstatSync(0);
    return stdin.isFIFO() || stdin.isFile() || stdin.isSocket();
  } catch {
    return false;
  }
}
