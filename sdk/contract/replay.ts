import * as z from "zod";
import { SessionLocator } from "./ids.ts";
import { defineOperation } from "./operation.ts";
import { SessionInfo } from "./sessions.ts";

const Scope = z.object({ type: z.literal("session"), session_id: SessionLocator });

const Cursor = z.object({
  scope: Scope,
  /** The `seq` of the last event that was seen; 0 for the beginning. */
  sequence: z.int().nonnegative(),
});

const ReplayedEvent = z.object({
  event_id: Cursor,
  cursor: Cursor,
  timestamp_ms: z.int(),
  source: z.record(z.string(), z.unknown()),
  session_id: z.string(),
  event: z.record(z.string(), z.unknown()),
});

const contract_version = z.object({ major: z.int(), minor: z.int(), patch: z.int() });

/** Operations that read the event log by cursor, for clients without a stream (contract 3.8). */
export const replayOperations = {
  "events/latest_cursor": defineOperation({
    summary: "Tell the newest place in a session's event log",
    http: ["POST", "/events/latest_cursor"],
    scope: "read",
    input: z.object({ scope: Scope }),
    output: z.object({ contract_version, cursor: Cursor }),
  }),
  "events/list_since": defineOperation({
    summary: "Read events after a cursor, oldest first",
    http: ["POST", "/events/list_since"],
    scope: "read",
    input: z.object({
      scope: Scope,
      cursor: Cursor.nullish(),
      limit: z.int().positive().max(1_000).default(100),
    }),
    output: z.object({
      contract_version,
      scope: Scope,
      from_cursor: Cursor,
      latest_cursor: Cursor,
      events: z.array(ReplayedEvent),
      has_more: z.boolean(),
    }),
  }),
  "events/snapshot": defineOperation({
    summary: "Read a session's state together with its place in the event log",
    http: ["POST", "/events/snapshot"],
    scope: "read",
    input: z.object({ scope: Scope }),
    output: z.object({ contract_version, cursor: Cursor, session: SessionInfo }),
  }),
};
