import { type Camel, camel } from "./casing.ts";
import type {
  OutputOf,
  RunResult as WireRunResult,
  SessionHistory as WireSessionHistory,
  SessionInfo as WireSessionInfo,
  SessionSummary as WireSessionSummary,
} from "./contract/index.ts";
import { invalidResponse } from "./errors.ts";

/** How a run ended well. `usage` is cumulative over the session; `turns` counts model calls. */
export type RunResult = Camel<WireRunResult>;

/** A page of the committed transcript, oldest message first. */
export type SessionHistory = Camel<WireSessionHistory>;

/** What a rewind left of a transcript, what it took, and where the log tells of it. */
export type RewindResult = Camel<OutputOf<"session/rewind">>;

/** Wire times are Unix seconds; here they are text (contract 11.1). */
type Times = { createdAt: string; updatedAt: string };

/** A row of the session list. */
export type SessionSummary = Omit<Camel<WireSessionSummary>, keyof Times> & Times;

/** One session as it is now; `lastSeq` is a cursor to subscribe from. */
export type SessionInfo = Omit<Camel<WireSessionInfo>, keyof Times> & Times;

/** @throws {MeerkatError} `INVALID_RESPONSE` when it names no session. */
export function readRunResult(wire: Record<string, unknown>): RunResult {
  readIds(wire);
  // The operation's output in the contract, which the deployment's tests hold it to.
  return camel(wire as WireRunResult);
}

/** @throws {MeerkatError} `INVALID_RESPONSE` when there is no session id. */
export function readIds(wire: Record<string, unknown>): { id: string; ref: string | undefined } {
  const { session_id: id, session_ref: ref } = wire;
  if (typeof id !== "string")
    throw invalidResponse("The answer names no session", { details: wire });
  return { id, ref: typeof ref === "string" ? ref : undefined };
}

/** Shows a session's state, from a list or alone. */
export function readSession<Wire extends WireSessionSummary>(
  wire: Wire,
): Omit<Camel<Wire>, keyof Times> & Times {
  const times = { createdAt: String(wire.created_at), updatedAt: String(wire.updated_at) };
  return { ...camel(wire), ...times };
}
