import * as z from "zod";
import { Labels, OwnLabels, SessionLocator } from "./ids.ts";
import { Content, Message } from "./messages.ts";
import { defineOperation } from "./operation.ts";
import { RunResult, turnFields } from "./run.ts";
import { WireUsage } from "./usage.ts";

const page = {
  offset: z.coerce.number().int().nonnegative().max(1_000_000).default(0),
  limit: z.coerce.number().int().nonnegative().max(1_000).optional(),
};

const session = { session_id: SessionLocator };

const ids = { session_id: z.string(), session_ref: z.string() };

/** A row of the realm's session directory. Times are unix seconds (contract 6.2). */
export const SessionSummary = z.object({
  ...ids,
  created_at: z.int(),
  updated_at: z.int(),
  message_count: z.int(),
  total_tokens: z.int(),
  is_active: z.boolean(),
  state: z.enum(["idle", "running"]),
  model: z.string(),
  provider: z.string(),
  labels: Labels.optional(),
});
export type SessionSummary = z.infer<typeof SessionSummary>;

/** One session as it is now (contract 6.3). */
export const SessionInfo = SessionSummary.extend({
  usage: WireUsage,
  last_assistant_text: z.string().optional(),
  /** The newest place in the event log: a cursor for `events`. */
  last_seq: z.int(),
});
export type SessionInfo = z.infer<typeof SessionInfo>;

/** A page of the committed transcript, oldest first (contract 6.4). */
export const SessionHistory = z.object({
  ...ids,
  message_count: z.int(),
  offset: z.int(),
  limit: z.int().nullable(),
  has_more: z.boolean(),
  messages: z.array(Message),
});
export type SessionHistory = z.infer<typeof SessionHistory>;

/** Ids only, for a session whose first turn was put off. */
const DeferredSession = z.object(ids);

/** What tools have in common that only look. */
const looking = { isReadOnly: true, isDestructive: false, isIdempotent: true, isOpenWorld: false };

/** Operations on a session that are not turns. */
export const sessionOperations = {
  "session/create": defineOperation({
    summary: "Create a session and run its first turn",
    http: ["POST", "/sessions"],
    scope: "run",
    input: z
      .object({
        ...turnFields,
        prompt: Content.optional(),
        labels: OwnLabels.nullish(),
        /** `deferred` returns at once, so that a client can watch before the first turn. */
        initial_turn: z.enum(["run_immediately", "deferred"]).default("run_immediately"),
      })
      .refine(({ prompt, initial_turn }) => initial_turn === "deferred" || prompt?.length, {
        path: ["prompt"],
        message: 'a prompt is required unless initial_turn is "deferred"',
      }),
    output: z.union([RunResult, DeferredSession]),
    mcp: {
      name: "meerkat_run",
      title: "Start an agent session",
      description:
        "Start a new durable agent session with a prompt and wait for the answer. Keep session_id: continue with meerkat_resume. The session outlives this call; for long work pass wait:false and follow it with meerkat_event_stream_open.",
      isReadOnly: false,
      isDestructive: false,
      isIdempotent: false,
      isOpenWorld: true,
    },
  }),
  "session/list": defineOperation({
    summary: "List the realm's sessions, most recently used first; archived ones are left out",
    http: ["GET", "/sessions"],
    scope: "read",
    input: z.object({ ...page, labels: Labels.optional() }),
    query: {
      schema: z.object({ ...page, label: z.array(z.string()).optional() }),
      read: labelsFromQuery,
    },
    output: z.object({ sessions: z.array(SessionSummary) }),
    mcp: {
      name: "meerkat_sessions",
      title: "List sessions",
      description:
        "List the realm's agent sessions, most recently used first, archived ones left out. Use it to find a session_id.",
      ...looking,
    },
  }),
  "session/read": defineOperation({
    summary: "Read one session's state",
    http: ["GET", "/sessions/:session_id"],
    scope: "read",
    input: z.object(session),
    output: SessionInfo,
    restReply: (info) => ({
      ...info,
      created_at: rfc3339(info.created_at),
      updated_at: rfc3339(info.updated_at),
    }),
    mcp: {
      name: "meerkat_read",
      title: "Read a session's state",
      description:
        "Read one session: whether a turn is running, its model, tokens used and last answer. For the messages use meerkat_history.",
      ...looking,
    },
  }),
  "session/status": defineOperation({
    summary: "Tell whether a turn is running",
    http: ["GET", "/sessions/:session_id/status"],
    scope: "read",
    input: z.object(session),
    output: z.object({ session_id: z.string(), state: z.enum(["idle", "running"]) }),
  }),
  "session/history": defineOperation({
    summary: "Read a page of the committed transcript, oldest message first",
    http: ["GET", "/sessions/:session_id/history"],
    scope: "read",
    input: z.object({
      ...session,
      ...page,
      /** The seq of a `session_rewound` event: reads what that rewind took away, instead. */
      rewind_seq: z.coerce.number().int().positive().optional(),
    }),
    output: SessionHistory,
    mcp: {
      name: "meerkat_history",
      title: "Read a session's transcript",
      description:
        "Read a session's messages, oldest first; archived sessions too. Page with offset and limit while has_more is true.",
      ...looking,
    },
  }),
  "session/archive": defineOperation({
    summary: "Archive a session: end its turn, take it off the list, keep its history readable",
    http: ["DELETE", "/sessions/:session_id"],
    scope: "run",
    input: z.object(session),
    output: z.object({ session_id: z.string(), archived: z.literal(true) }),
    mcp: {
      name: "meerkat_archive",
      title: "Archive a session",
      description:
        "End a session for good: its running turn is cancelled and it leaves the list. Its history stays readable. To cancel only the turn use meerkat_interrupt.",
      isReadOnly: false,
      isDestructive: true,
      isIdempotent: true,
      isOpenWorld: false,
    },
  }),
};

/** `?label=team=infra&label=…` as a map; a label without "=" becomes one that the schema refuses. */
function labelsFromQuery(query: URLSearchParams): Record<string, unknown> {
  const { label: _raw, ...rest } = Object.fromEntries(query);
  const labels = query.getAll("label").map((pair) => {
    const cut = pair.indexOf("=");
    return cut < 1 ? ["", pair] : [pair.slice(0, cut), pair.slice(cut + 1)];
  });
  return labels.length > 0 ? { ...rest, labels: Object.fromEntries(labels) } : rest;
}

function rfc3339(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}
