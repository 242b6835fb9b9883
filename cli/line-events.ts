import { createInterface } from "node:readline";
import type { MeerkatClient } from "../sdk/index.ts";
import { followTurn } from "./follow-turn.ts";
import type { Display } from "./turn-flags.ts";
import type { Connection } from "./with-client.ts";

/** How the lines of `--stdin lines` are read. */
export type LineFormat = "text" | "json";

/** Options of the turns that lines start. */
type LineOptions = Parameters<ReturnType<MeerkatClient["session"]>["stream"]>[1];

/** Runs a turn for each line of standard input, one after the other, until it ends (contract 10.6). */
export async function followLines(
  connection: Connection,
  sessionId: string,
  { display, format, options }: { display: Display; format: LineFormat; options: LineOptions },
): Promise<number> {
  const session = connection.client.session(sessionId);
  let exitCode = 0;
  let count = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    count += 1;
    if (line.trim() === "") continue;
    const prompt = lineEvent(line, format, count);
    exitCode = await followTurn(connection, session.stream(prompt, options), display);
  }
  return exitCode;
}

/** What the model is told about a line. @throws Error for a line that is not JSON although it should be */
function lineEvent(line: string, format: LineFormat, number: number): string {
  if (format === "text") return `[EVENT via stdin] ${line}`;
  try {
    return `[EVENT via stdin] ${JSON.stringify(JSON.parse(line))}`;
  } catch {
    throw new Error(
      `line ${number} of standard input is not JSON; use --line-format text for plain lines`,
    );
  }
}
