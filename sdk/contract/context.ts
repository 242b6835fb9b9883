import * as z from "zod";
import { SessionLocator } from "./ids.ts";
import { defineOperation } from "./operation.ts";
import { IdempotencyKey } from "./run.ts";

const key = IdempotencyKey.nullish();
const name = z.string().max(256);

/** Operations that tell a session something without running a turn (contract 2.6). */
export const contextOperations = {
  "session/inject_context": defineOperation({
    summary: "Append system context: at once when idle, else before the next model call",
    http: ["POST", "/sessions/:session_id/system_context"],
    scope: "run",
    input: z.object({
      session_id: SessionLocator,
      text: z.string().min(1),
      source: name.optional(),
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
      kind: name.optional(),
      event_type: name.optional(),
      payload: z.unknown().optional(),
      source: name.optional(),
      idempotency_key: key,
    }),
    output: z.object({
      queued: z.literal(true),
      outcome_type: z.enum(["accepted", "deduplicated"]),
      input_id: z.string(),
      /** Of a repeated event: the one that was taken. */
      existing_id: z.string().optional(),
    }),
  }),
};
