import { tellAboutDemo } from "./demo-notice.ts";
import { keyValues } from "./flag-values.ts";
import { followTurn } from "./follow-turn.ts";
import { withPipedInput } from "./prompt-input.ts";
import { displayOf, type TurnFlags, turnOptions } from "./turn-flags.ts";
import { withClient } from "./with-client.ts";

/** The flags of `rkat run`. */
export interface RunFlags extends TurnFlags {
  label?: string[];
}

/** Creates a session and shows its first turn. */
export async function run(prompt: string, flags: RunFlags): Promise<number> {
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
