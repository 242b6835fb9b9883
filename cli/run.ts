import { tellAboutDemo } from "./demo-notice.ts";
import { keyValues } from "./flag-values.ts";
import { followTurn } from "./follow-turn.ts";
import { withPipedInput } from "./prompt-input.ts";
import { displayOf, type TurnFlags, turnOptions } from "./turn-flags.ts";
import { UsageError } from "./usage-error.ts";
import { withClient } from "./with-client.ts";

/** The flags of `rkat run`. */
export interface RunFlags extends TurnFlags {
  label?: string[];
  /** The session to go on with, in place of a new one. */
  resume?: string;
}

/** Creates a session and shows its first turn; with `--resume`, the next turn of one that there is. */
export async function run(prompt: string, flags: RunFlags): Promise<number> {
  if (flags.resume !== undefined) return await goOn(flags.resume, prompt, flags);
  const display = displayOf(flags);
  const labels = flags.label && keyValues("--label", flags.label);
  const options = turnOptions(flags);
  const input = await withPipedInput(prompt, flags.stdin);
  return await withClient(flags, async (connection) => {
    await tellAboutDemo(connection, flags);
    const created = { ...options, ...(labels && { labels }) };
    const stream = connection.client.createSessionStreaming(input, created);
    const exitCode = await followTurn(connection, stream, display);
    if (flags.stdin !== "lines") return exitCode;
    const { followLines } = await import("./line-events.ts");
    const { sessionId } = stream.result;
    return await followLines(connection, sessionId, { display, format: flags.lineFormat, options });
  });
}

async function goOn(reference: string, prompt: string, flags: RunFlags): Promise<number> {
  if (flags.label) throw new UsageError("--label is for new sessions: leave it out with --resume");
  const { resume } = await import("./resume.ts");
  return await resume(reference, prompt, flags);
}
