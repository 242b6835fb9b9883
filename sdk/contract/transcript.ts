import * as z from "zod";
import { OwnLabels, SessionLocator } from "./ids.ts";
import { defineOperation } from "./operation.ts";
import { IdempotencyKey } from "./run.ts";

/** A position in the transcript, counted from 1 because the system message always stays. */
const Point = z.int().positive();

/** Operations that make another transcript out of the one there is. */
export const transcriptOperations = {
  "session/fork_at": defineOperation({
    summary: "Make a new session out of the first messages of another one, archived ones included",
    http: ["POST", "/sessions/:session_id/fork"],
    scope: "run",
    input: z
      .object({
        session_id: SessionLocator,
        /** How many messages to take; all that are committed, unless given. */
        at: Point.optional(),
        /** The original's name for `at`. */
        message_index: Point.optional(),
        /** In place of the source's labels, which the new session has otherwise. */
        labels: OwnLabels.nullish(),
        idempotency_key: IdempotencyKey.nullish(),
      })
      .refine(({ at, message_index }) => at === undefined || message_index === undefined, {
        path: ["message_index"],
        message: "message_index is another name for at: give one of them",
      }),
    output: z.object({
      session_id: z.string(),
      session_ref: z.string(),
      from_session_id: z.string(),
      message_count: z.int(),
    }),
    mcp: {
      name: "meerkat_fork",
      title: "Fork a session",
      description:
        "Make a new session that remembers the first `at` messages of another one, or all; the source is not changed. Continue the new session_id with meerkat_resume.",
      isReadOnly: false,
      isDestructive: false,
      isIdempotent: false,
      isOpenWorld: false,
    },
  }),
  "session/rewind": defineOperation({
    summary: "Undo the newest turns of an idle session; what they said is kept aside",
    http: ["POST", "/sessions/:session_id/rewind"],
    scope: "run",
    input: z.object({
      session_id: SessionLocator,
      turns: z.int().positive().default(1),
      idempotency_key: IdempotencyKey.nullish(),
    }),
    output: z.object({
      session_id: z.string(),
      message_count: z.int(),
      removed_messages: z.int(),
      /** Place of the `session_rewound` event. */
      seq: z.int(),
    }),
    mcp: {
      name: "meerkat_rewind",
      title: "Undo turns",
      description:
        "Take the last turns (1 unless given) out of a session: the model no longer sees them. What their tools did is not undone. Fails with SESSION_BUSY while a turn runs.",
      isReadOnly: false,
      isDestructive: true,
      isIdempotent: false,
      isOpenWorld: false,
    },
  }),
};
