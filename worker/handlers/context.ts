import { pack } from "../../sdk/contract/index.ts";
import type { Handlers } from "../call.ts";
import { keyedId } from "../keyed-id.ts";
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
    const name = idempotency_key ? `${session.sessionId} ${idempotency_key}` : crypto.randomUUID();
    // The same event has the same id, however often it is sent.
    const input_id = keyedId(caller.realm, name);
    const status = await session.stub().note(pack(message), idempotency_key, false);
    const queued = true as const;
    if (status !== "duplicate") return { queued, outcome_type: "accepted" as const, input_id };
    return { queued, outcome_type: "deduplicated" as const, input_id, existing_id: input_id };
  },
} satisfies Partial<Handlers>;
