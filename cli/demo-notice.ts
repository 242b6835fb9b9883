import { tell } from "./print.ts";
import type { TurnFlags } from "./turn-flags.ts";
import type { Connection } from "./with-client.ts";

const DEMO = "demo";

/** Says in one line when a script will answer instead of a model. */
export async function tellAboutDemo(
  connection: Connection,
  flags: TurnFlags,
  sessionId?: string,
): Promise<void> {
  if (!(await isDemo(connection, flags, sessionId))) return;
  tell(
    "The built-in demo script answers, not a model: set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY for real answers.",
  );
}

async function isDemo(
  { client }: Connection,
  { model, provider }: TurnFlags,
  sessionId: string | undefined,
): Promise<boolean> {
  if (provider !== undefined || model !== undefined) return provider === DEMO || model === DEMO;
  if (sessionId !== undefined) {
    const session = await client.call("session/read", { session_id: sessionId });
    return session.provider === DEMO;
  }
  const { providers } = await client.call("capabilities/get", {});
  return providers.some((known) => known.provider === DEMO && known.is_default);
}
