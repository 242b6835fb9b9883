import { v7 as uuidv7 } from "uuid";
import type { Handlers } from "../call.ts";
import { runResult } from "../run-result.ts";
import { sessionAddress } from "../session-address.ts";

export const turnHandlers = {
  "turn/start": async ({ session_id, ...request }, caller) => {
    const session = sessionAddress(session_id, caller);
    const runId = uuidv7();
    const { seq } = await session.stub().startTurn({ ...request, run_id: runId });
    caller.onRun?.({ session, runId, after: seq - 1 });
    return runResult(session, runId);
  },

  "turn/interrupt": async ({ session_id }, caller) => {
    const session = sessionAddress(session_id, caller);
    const ended = await session.stub().interrupt();
    const result = ended.interrupted ? ("interrupted" as const) : ("staged_noop" as const);
    return { session_id: session.sessionId, ...ended, result };
  },
} satisfies Partial<Handlers>;
