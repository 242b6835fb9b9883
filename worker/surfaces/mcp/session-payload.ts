import * as z from "zod";
import type {
  SessionHistory as History,
  SessionInfo as Info,
} from "../../../sdk/contract/index.ts";
import { SessionHistory, SessionInfo } from "../../../sdk/contract/sessions.ts";

const { session_id, session_ref, message_count, is_active, state, labels } = SessionInfo.shape;
const { model, provider, last_assistant_text, total_tokens, usage, last_seq } = SessionInfo.shape;

const Time = z.object({ secs_since_epoch: z.int(), nanos_since_epoch: z.int() });

/** A session as `meerkat_read` shows it (contract 4.1). */
export const SessionPayload = z.object({
  session_id,
  session_ref,
  state: z.object({
    session_id,
    created_at: Time,
    updated_at: Time,
    message_count,
    is_active,
    status: state,
    model,
    provider,
    last_assistant_text,
    labels,
    last_seq: last_seq.describe("Newest place in the event log"),
  }),
  billing: z.object({ total_tokens, usage }),
});

/** What `session/read` tells, in that shape. */
export function sessionPayload(info: Info): z.infer<typeof SessionPayload> {
  const { session_id, session_ref, total_tokens, usage, state, created_at, updated_at, ...rest } =
    info;
  return {
    session_id,
    session_ref,
    state: {
      session_id,
      created_at: time(created_at),
      updated_at: time(updated_at),
      status: state,
      ...rest,
    },
    billing: { total_tokens, usage },
  };
}

/** A transcript as `meerkat_history` declares it: a model sees what messages are by looking at them. */
export const HistoryPayload = SessionHistory.extend({
  messages: z.array(z.looseObject({ role: z.string() })),
});

/** What `session/history` tells, as it is. */
export function historyPayload(history: History): History {
  return history;
}

function time(seconds: number): z.infer<typeof Time> {
  return { secs_since_epoch: seconds, nanos_since_epoch: 0 };
}
