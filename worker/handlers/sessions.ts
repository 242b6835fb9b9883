import { v7 as uuidv7 } from "uuid";
import { keyedId } from "../keyed-id.ts";
import { AppError, pack, toAppError, unpack, weight } from "../../sdk/contract/index.ts";
import type { Handlers } from "../call.ts";
import { infoFor, withoutTools } from "../event-view.ts";
import { turnQuota } from "./turn-quota.ts";
import { turnTools } from "./turn-tools.ts";
import { runResult } from "../run-result.ts";
import { initiatorOf } from "../trace-context.ts";
import { realmOf, sessionAddress } from "../session-address.ts";

const DEFAULT_LIST_LIMIT = 100;
// One more message may take 30 MiB, and the answer is in memory twice.
const MAX_HISTORY_CHARS = 16 * 1024 * 1024;

export const sessionHandlers = {
  "session/create": async ({ initial_turn, ...request }, caller) => {
    const { idempotency_key: key } = request;
    const session = sessionAddress(key ? keyedId(caller.realm, key) : uuidv7(), caller);
    const { sessionId, sessionRef } = session;
    const ids = { session_id: sessionId, session_ref: sessionRef };
    const first = { run_id: uuidv7(), ...turnTools(caller), ...turnQuota(caller) };
    const turn = initial_turn === "deferred" ? {} : first;
    const parcel = pack({ ...request, ...turn, initiator: initiatorOf(caller) });
    const run = await session.stub().create(caller.realm, sessionId, parcel);
    if (run.runId === "") return ids;

    caller.onRun?.({ session, runId: run.runId, after: run.firstSeq - 1 });
    try {
      return await runResult(session, run, caller);
    } catch (cause) {
      // The session stays and can be resumed: whoever gets the error must learn its id (contract 7.2).
      const { code, message, details } = toAppError(cause);
      const facts = { ...details, ...ids, session_created: true, resumable: true };
      throw new AppError(code, message, facts);
    }
  },

  "session/list": async ({ limit = DEFAULT_LIST_LIMIT, offset, labels = {} }, caller) => ({
    sessions: await realmOf(caller).directory.list({ limit, offset, labels }),
  }),

  "session/read": async ({ session_id }, caller) =>
    infoFor(caller, await sessionAddress(session_id, caller).stub().read()),

  "session/status": async ({ session_id }, caller) => {
    const session = sessionAddress(session_id, caller);
    const { state } = await session.stub().read();
    return { session_id: session.sessionId, state };
  },

  "session/history": async ({ session_id, offset, limit, rewind_seq }, caller) => {
    const session = sessionAddress(session_id, caller);
    const whole = await unpack(await session.stub().history(offset, limit, rewind_seq));
    let page = whole;
    let chars = weight(page.messages);
    // The object cuts pages by size; the caller asked by count, and gets as much as one answer may hold.
    const isOpen = () => page.messages.length > 0 && whole.messages.length !== limit;
    while (page.has_more && isOpen() && chars < MAX_HISTORY_CHARS) {
      const rest = limit === undefined ? undefined : limit - whole.messages.length;
      const next = whole.offset + whole.messages.length;
      page = await unpack(await session.stub().history(next, rest, rewind_seq));
      whole.messages.push(...page.messages);
      chars += weight(page.messages);
    }
    const { messages } = whole;
    const shown = caller.confines?.watching?.redact_tools ? messages.map(withoutTools) : messages;
    return { ...whole, messages: shown, has_more: page.has_more };
  },

  "session/archive": async ({ session_id }, caller) => {
    const session = sessionAddress(session_id, caller);
    await session.stub().archive();
    return { session_id: session.sessionId, archived: true };
  },
} satisfies Partial<Handlers>;
