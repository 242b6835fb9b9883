import * as z from "zod";
import { AppError, toAppError } from "../../../sdk/contract/index.ts";
import { SessionLocator } from "../../../sdk/contract/ids.ts";
import type { Caller } from "../../call.ts";
import { sessionFor } from "../../confinement.ts";
import { realmOf } from "../../session-address.ts";
import { Watcher } from "../watcher.ts";
import { NextEvents } from "./next-events.ts";
import { jsonSchema, readArguments } from "./schema.ts";
import { type Json, succeeded, type Tool, type ToolCall } from "./tool.ts";

const DEFAULT_TIMEOUT_MS = 5_000;
const LONGEST_TIMEOUT_MS = 60_000;

const cursor = z.int().nonnegative();

const OpenInput = z.object({
  session_id: SessionLocator,
  after: cursor
    .optional()
    .describe("Start after this seq; default: the running turn's start, else only what is new"),
});

const ReadInput = z.object({
  stream_id: z.string(),
  timeout_ms: z
    .int()
    .nonnegative()
    .default(DEFAULT_TIMEOUT_MS)
    .describe("How long to wait for an event; 60000 at most"),
  no_timeout: z.boolean().default(false).describe("Wait as long as possible (60 s)"),
  max_events: z.int().min(1).max(500).default(1),
  after: cursor.optional().describe("Read again from this seq, say after a lost answer"),
});

const CloseInput = z.object({ stream_id: z.string() });

const Event = z.record(z.string(), z.unknown());
const Opened = z.object({ stream_id: z.string(), session_id: z.string(), after: z.int() });
const Read = z.object({
  stream_id: z.string(),
  status: z.enum(["event", "timeout", "closed"]),
  event: Event.optional().describe("The first event"),
  events: z.array(Event).optional().describe("All of them, if max_events was above 1"),
  after: z.int().describe("The seq of the last event given"),
});
const Closed = z.object({ stream_id: z.string(), closed: z.boolean() });

const own = { destructiveHint: false, openWorldHint: false };
const needs = () => ["read"] as const;

/** The managed event streams (contract 4.4): a stream is a place in a session's log, kept by the realm. */
export const streamTools: readonly Tool[] = [
  {
    name: "meerkat_event_stream_open",
    title: "Open an event stream",
    description:
      "Follow a session's events with meerkat_event_stream_read: for turns started with wait:false, for long ones, or for sessions others work in. A stream nobody reads is forgotten after a day.",
    annotations: { ...own, readOnlyHint: false, idempotentHint: false },
    inputSchema: jsonSchema(OpenInput, "input"),
    outputSchema: jsonSchema(Opened, "output"),
    needs,
    run: open,
  },
  {
    name: "meerkat_event_stream_read",
    title: "Read from an event stream",
    description:
      "Wait for the next event and return it; no event is ever lost or skipped. status timeout: nothing happened yet, call again. closed: the session is archived. run_completed carries the answer in result; run_failed ends a turn, too.",
    annotations: { ...own, readOnlyHint: false, idempotentHint: false },
    inputSchema: jsonSchema(ReadInput, "input"),
    outputSchema: jsonSchema(Read, "output"),
    isLong: true,
    needs,
    run: read,
  },
  {
    name: "meerkat_event_stream_close",
    title: "Close an event stream",
    description: "Forget an event stream. The session and its running turn are not touched.",
    annotations: { ...own, readOnlyHint: false, idempotentHint: true },
    inputSchema: jsonSchema(CloseInput, "input"),
    outputSchema: jsonSchema(Closed, "output"),
    needs,
    run: close,
  },
];

async function open(args: Json, { caller }: ToolCall) {
  const { session_id, after } = readArguments(OpenInput, args);
  const session = await sessionFor("read", session_id, caller);
  const start = await startOf(new Watcher(session, "json", nobody), after);
  const stream_id = `evt-${crypto.randomUUID()}`;
  const handle = { target: session.sessionId, cursor: start };
  await realmOf(caller).handles.open(stream_id, handle);
  return succeeded({ stream_id, session_id: session.sessionId, after: start });
}

async function read(args: Json, { caller, signal }: ToolCall) {
  requireRead(caller);
  const { stream_id, max_events, ...input } = readArguments(ReadInput, args);
  const patience = input.no_timeout ? LONGEST_TIMEOUT_MS : input.timeout_ms;
  const { handles } = realmOf(caller);
  const handle = isStreamId(stream_id) ? await handles.find(stream_id) : undefined;
  if (!handle) throw new AppError("NOT_FOUND", `Stream not found: ${stream_id}`);
  const session = await sessionFor("read", handle.target, caller);
  const from = Math.max(input.after ?? handle.cursor, session.view.after);
  const next = new NextEvents(session, signal);
  const found = await next.after(from, max_events, Math.min(patience, LONGEST_TIMEOUT_MS));
  if (found === "closed") {
    await handles.close(stream_id);
    return succeeded({ stream_id, status: "closed", after: from });
  }
  const [event] = found;
  if (!event) return succeeded({ stream_id, status: "timeout", after: from });
  const after = found.at(-1)?.seq ?? from;
  // Whoever is gone has not seen these.
  if (!signal.aborted) await handles.move(stream_id, after);
  const events = max_events > 1 ? { events: found } : {};
  return succeeded({ stream_id, status: "event", event, ...events, after });
}

async function close(args: Json, { caller }: ToolCall) {
  requireRead(caller);
  const { stream_id } = readArguments(CloseInput, args);
  const closed = isStreamId(stream_id) && (await realmOf(caller).handles.close(stream_id));
  return succeeded({ stream_id, closed });
}

/** Where a stream begins: asked of the session as a watcher would, so that every surface agrees. @throws {AppError} */
async function startOf(watcher: Watcher, after: number | undefined): Promise<number> {
  try {
    await watcher.open(after);
    return watcher.cursor ?? 0;
  } catch (cause) {
    throw toAppError(cause);
  } finally {
    watcher.close();
  }
}

const nobody = {
  events: () => undefined,
  caughtUp: () => undefined,
  ended: () => undefined,
  lost: () => undefined,
  heartbeat: () => undefined,
};

/** The realm keeps other things by id, too. */
function isStreamId(id: string): boolean {
  return id.startsWith("evt-");
}

function requireRead({ scopes }: Caller): void {
  if (scopes.includes("read")) return;
  throw new AppError("SCOPE_DENIED", "This token does not allow watching a session");
}
