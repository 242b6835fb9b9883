import { pack } from "../../sdk/contract/index.ts";
import type { Handlers } from "../call.ts";
import { sessionAddress } from "../session-address.ts";

export const contextHandlers = {
  "session/inject_context": async ({ session_id, text, source, idempotency_key }, caller) => {
    const session = sessionAddress(session_id, caller);
    const content = source === undefined ? text : `[${source}] ${text}`;
    const message = { role: "system" as const, content, created_at: new Date().toISOString() };
    const status = await session.stub().note(pack(message), idempotency_key, true);
    return { session_id: session.sessionId, status };
  },

  "session/external_event": async ({ session_id, idempotency_key, ...event }, caller) => {
    const session = sessionAddress(session_id, caller);
    const content = `[EXTERNAL EVENT] ${JSON.stringify(event)}`;
    const message = { role: "user" as const, content, created_at: new Date().toISOString() };
    const input_id = crypto.randomUUID();
    const status = await session.stub().note(pack(message), idempotency_key, false);
    const outcome_type = status === "duplicate" ? ("deduplicated" as const) : ("accepted" as const);
    return { queued: true as const, outcome_type, input_id };
  },
} satisfies Partial<Handlers>;
