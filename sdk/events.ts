import { type Camel, camel } from "./casing.ts";
import type { AgentEvent as WireAgentEvent } from "./contract/events.ts";
import { invalidResponse } from "./errors.ts";
import { isRecord } from "./json.ts";

/** What happens in a session: `type` as on the wire, the other members in camelCase. */
export type AgentEvent = Camel<WireAgentEvent>;

/** Where an event comes from. */
export interface EventSource {
  type: string;
  sessionId?: string;
  [member: string]: unknown;
}

/** An event with its place in the session's log; `seq` is the cursor to continue from. */
export interface AgentEventEnvelope {
  eventId: string;
  sourceId: string;
  source?: EventSource;
  seq: number;
  /** Unix time, milliseconds. */
  timestampMs: number;
  payload: AgentEvent;
}

/** An event as it came over the wire, with the little that following a session must know of it. */
export interface Entry {
  seq: number;
  type: string;
  runId: string | undefined;
  wire: Record<string, unknown>;
}

/**
 * Reads the hybrid event of contract 5.3, where the envelope's `payload` is the whole event.
 * @throws {MeerkatError} `INVALID_RESPONSE` for anything else.
 */
export function readEntry(wire: unknown): Entry {
  const event = isRecord(wire) ? eventOf(wire) : undefined;
  if (!isRecord(wire) || !event || typeof event.type !== "string") {
    throw invalidResponse("The deployment sent an event without a type", { details: wire });
  }
  if (typeof wire.seq !== "number") {
    throw invalidResponse("The deployment sent an event without a seq", { details: wire });
  }
  const runId = typeof event.run_id === "string" ? event.run_id : undefined;
  return { seq: wire.seq, type: event.type, runId, wire };
}

/** Shows an entry as the bare event. */
export function toEvent({ wire }: Entry): AgentEvent {
  // Types of a newer deployment pass as well: they are told apart by `type`, like the known ones.
  return camel(eventOf(wire)) as AgentEvent;
}

/** Shows an entry as the event in its envelope. */
export function toEnvelope(entry: Entry): AgentEventEnvelope {
  const { event_id, source_id, source, seq, timestamp_ms } = entry.wire;
  const envelope = camel({ event_id, source_id, source, seq, timestamp_ms });
  // The deployment's part of the contract (5.3); `seq` alone is needed here, and was checked.
  return { ...envelope, payload: toEvent(entry) } as AgentEventEnvelope;
}

/** Whether the run is over with this event. */
export function endsRun({ type }: Entry): boolean {
  return type === "run_completed" || type === "run_failed";
}

function eventOf(wire: Record<string, unknown>): Record<string, unknown> {
  return isRecord(wire.payload) && typeof wire.payload.type === "string" ? wire.payload : wire;
}
