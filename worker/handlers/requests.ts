import { AppError } from "../../sdk/contract/index.ts";
import type { Handlers } from "../call.ts";
import { realmOf, sessionAddress } from "../session-address.ts";

export const requestHandlers = {
  "request/cancel": async ({ request_id }, caller) => {
    const request = await realmOf(caller).requestIds.find(request_id);
    if (!request) throw new AppError("REQUEST_NOT_FOUND", `No request '${request_id}' is known`);
    const { sessionId, runId, isOver } = request;
    const isCancelled =
      !isOver && sessionId && runId
        ? await sessionAddress(sessionId, caller).stub().cancelRun(runId)
        : false;
    return isCancelled
      ? { request_id, cancelled: true }
      : { request_id, cancelled: false, reason: "already_terminal" as const };
  },
} satisfies Partial<Handlers>;
