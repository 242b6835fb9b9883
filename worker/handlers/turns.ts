import { v7 as uuidv7 } from "uuid";
import { pack, unpack } from "../../sdk/contract/index.ts";
import type { Handlers } from "../call.ts";
import { runResult } from "../run-result.ts";
import { initiatorOf } from "../trace-context.ts";
import { sessionAddress } from "../session-address.ts";
import { turnQuota } from "./turn-quota.ts";
import { turnTools } from "./turn-tools.ts";

export const turnHandlers = {
  "turn/start": async (input, caller) => {
    const { session_id, tool_results, prompt = "", external_tools, ...request } = input;
    const session = sessionAddress(session_id, caller);
    if (tool_results) {
      const run = await session.stub().answer(pack(tool_results), request.idempotency_key);
      caller.onRun?.({ session, runId: run.runId, after: run.firstSeq - 1, isUnderWay: true });
      return runResult(session, run, caller);
    }
    const tools = turnTools(caller, external_tools);
    const added = { ...tools, ...turnQuota(caller), initiator: initiatorOf(caller) };
    const turn = { ...request, prompt, ...added, run_id: uuidv7() };
    const run = await session.stub().startTurn(pack(turn));
    caller.onRun?.({ session, runId: run.runId, after: run.firstSeq - 1 });
    return runResult(session, run, caller);
  },

  "input/list": async ({ session_id }, caller) => {
    const session = sessionAddress(session_id, caller);
    const inputs = await session.stub().inputs();
    return {
      session_id: session.sessionId,
      inputs: inputs.map(({ input, prompt }) => ({
        input_id: input.inputId,
        run_id: input.runId,
        status: input.status,
        created_at: Math.floor(input.createdAt / 1_000),
        prompt,
      })),
    };
  },

  "input/cancel": async ({ session_id, input_id }, caller) => {
    const session = sessionAddress(session_id, caller);
    const cancelled = await session.stub().cancelInput(input_id);
    return { session_id: session.sessionId, input_id, cancelled };
  },

  "turn/interrupt": async ({ session_id }, caller) => {
    const session = sessionAddress(session_id, caller);
    const ended = await session.stub().interrupt();
    const result = ended.interrupted ? ("interrupted" as const) : ("staged_noop" as const);
    return { session_id: session.sessionId, ...ended, result };
  },

  "turn/result": async ({ session_id, run_id, after }, caller) => {
    const session = sessionAddress(session_id, caller);
    return runResult(session, { runId: run_id, firstSeq: after + 1 }, caller);
  },

  "turn/pending": async ({ session_id }, caller) => {
    const session = sessionAddress(session_id, caller);
    const pending_tool_calls = await unpack(await session.stub().pending());
    return { session_id: session.sessionId, pending_tool_calls };
  },

  "turn/answer": async ({ session_id, tool_results, idempotency_key }, caller) => {
    const session = sessionAddress(session_id, caller);
    const { runId } = await session.stub().answer(pack(tool_results), idempotency_key);
    return { session_id: session.sessionId, run_id: runId, accepted: tool_results.length };
  },
} satisfies Partial<Handlers>;
