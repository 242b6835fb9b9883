import { AppError, contractVersion } from "../../sdk/contract/index.ts";
import type { Caller, Handlers } from "../call.ts";
import { infoFor } from "../event-view.ts";
import { type SessionAddress, sessionAddress } from "../session-address.ts";

interface Scoped {
  scope: { type: "session"; session_id: string };
}

export const replayHandlers = {
  "events/latest_cursor": async (input, caller) => {
    const { session, at } = place(input, caller);
    const { last_seq } = await session.stub().read();
    return { contract_version: contractVersion, cursor: at(last_seq) };
  },

  "events/list_since": async ({ cursor, limit, ...input }, caller) => {
    const { session, at } = place(input, caller);
    if (cursor && place(cursor, caller).session.sessionId !== session.sessionId) {
      const details = { reason: "scope_mismatch" };
      throw new AppError("INVALID_PARAMS", "The cursor is of another session", details);
    }
    const from = Math.max(cursor?.sequence ?? 0, session.view.after);
    const { text, more } = await session.page(from, "json");
    const lines = text.split("\n").filter(Boolean);
    const { last_seq } = await session.stub().read();
    return {
      contract_version: contractVersion,
      scope: input.scope,
      from_cursor: at(from),
      latest_cursor: at(last_seq),
      events: lines.slice(0, limit).map((line) => replayed(line, session, at)),
      has_more: more || lines.length > limit,
    };
  },

  "events/snapshot": async (input, caller) => {
    const { session, at } = place(input, caller);
    const info = infoFor(caller, await session.stub().read());
    return { contract_version: contractVersion, cursor: at(info.last_seq), session: info };
  },
} satisfies Partial<Handlers>;

function place({ scope }: Scoped, caller: Caller) {
  const session = sessionAddress(scope.session_id, caller);
  const at = (sequence: number) => ({
    scope: { type: "session" as const, session_id: session.sessionId },
    sequence,
  });
  return { session, at };
}

function replayed(
  line: string,
  { sessionId }: SessionAddress,
  at: (sequence: number) => ReturnType<ReturnType<typeof place>["at"]>,
) {
  // Our own object wrote the line: see its envelope.
  const wire: { seq: number; timestamp_ms: number; source: object; payload: object } =
    JSON.parse(line);
  return {
    event_id: at(wire.seq),
    cursor: at(wire.seq),
    timestamp_ms: wire.timestamp_ms,
    source: { ...wire.source },
    session_id: sessionId,
    event: { ...wire.payload },
  };
}
