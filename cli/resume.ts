import { tellAboutDemo } from "./demo-notice.ts";
import { followTurn } from "./follow-turn.ts";
import { withPipedInput } from "./prompt-input.ts";
import { findSession } from "./session-lookup.ts";
import { displayOf, type TurnFlags, turnOptions } from "./turn-flags.ts";
import { withClient } from "./with-client.ts";

/** Runs the next turn of the session that a reference means, and shows it. */
export async function resume(reference: string, prompt: string, flags: TurnFlags): Promise<number> {
  const display = displayOf(flags);
  const options = turnOptions(flags);
  const input = await withPipedInput(prompt, flags.stdin);
  return await withClient(flags, async (connection) => {
    const sessionId = await findSession(reference, connection);
    await tellAboutDemo(connection, flags, sessionId);
    const stream = connection.client.session(sessionId).stream(input, options);
    const exitCode = await followTurn(connection, stream, { ...display, tellsIds: true });
    if (flags.stdin !== "lines") return exitCode;
    const { followLines } = await import("./line-events.ts");
    return await followLines(connection, sessionId, { display, format: flags.lineFormat, options });
  });
}
