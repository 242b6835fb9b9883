import * as z from "zod";
import { SessionLocator } from "./ids.ts";
import { defineOperation } from "./operation.ts";
import { IdempotencyKey } from "./run.ts";

const key = IdempotencyKey.nullish();

/** Operations that tell a session something without running a turn (contract 2.6). */
export const contextOperations = {
  "session/inject_context": defineOperation({
    summary: "Append system context: at once when idle, else before the next model call",
    http: ["POST", "/sessions/:session_id/system_context"],
    scope: "run",
    input: z.object({
      session_id: SessionLocator,
      text: z.string().min(1),
      source: z.string().optional(),
      idempotency_key: key,
    }),
    output: z.object({
      session_id: z.string(),
      status: z.enum(["applied", "staged", "duplicate"]),
    }),
  }),
  "session/external_event": defineOperation({
    summary:
      "Leave an event that the model sees at its next turn; it does not wake an idle session",
    http: ["POST", "/sessions/:session_id/external-events"],
    successStatus: 202,
    scope: "run",
    input: z.looseObject({
      session_id: SessionLocator,
      kind: z.string().optional(),
      event_type: z.string().optional(),
      payload: z.unknown().optional(),
      source: z.string().optional(),
      idempotency_key: key,
    }),
    output: z.object({
      queued: z.literal(true),
      outcome_type: z.enum(["accepted", "deduplicated"]),
      input_id: z.string(),
    }),
  }),
};
