import { v7 as uuidv7 } from "uuid";
import type { Handlers } from "../call.ts";
import { keyedId } from "../keyed-id.ts";
import { acrossRestarts } from "../run-result.ts";
import { sessionAddress } from "../session-address.ts";

// A request without a key gets one, so that it can be repeated when the object restarts under it.
export const transcriptHandlers = {
  "session/fork_at": async ({ session_id, message_index, at = message_index, ...rest }, caller) => {
    const { sessionId: from_session_id } = sessionAddress(session_id, caller);
    const idempotency_key = rest.idempotency_key ?? uuidv7();
    const session = sessionAddress(keyedId(caller.realm, idempotency_key), caller);
    const request = { from_session_id, at, labels: rest.labels, idempotency_key };
    const { messageCount } = await acrossRestarts(() =>
      session.stub().fork(caller.realm, session.sessionId, request),
    );
    return {
      session_id: session.sessionId,
      session_ref: session.sessionRef,
      from_session_id,
      message_count: messageCount,
    };
  },

  "session/rewind": async ({ session_id, turns, idempotency_key: key }, caller) => {
    const session = sessionAddress(session_id, caller);
    const request = { turns, idempotency_key: key ?? uuidv7() };
    const rewound = await acrossRestarts(() => session.stub().rewind(request));
    return {
      session_id: session.sessionId,
      message_count: rewound.messageCount,
      removed_messages: rewound.removedMessages,
      seq: rewound.seq,
    };
  },
} satisfies Partial<Handlers>;
