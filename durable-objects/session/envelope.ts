import type { LogEntry } from "../../sdk/contract/index.ts";

/** How the object writes an event down for those who watch: ready to be forwarded unparsed. */
export type Format = "sse" | "json";

/** The text of one event in a format: a server-sent event, or one line of JSON. */
export function encode(sessionId: string, entry: LogEntry, format: Format): string {
  const json = wireEvent(sessionId, entry);
  if (format === "json") return `${json}\n`;
  return `id: ${entry.seq}\nevent: ${entry.event.type}\ndata: ${json}\n\n`;
}

/**
 * The event as every surface shows it (contract 5.3): its own fields, the envelope's fields, and the
 * event once more as `payload`. Built from one `stringify`, because every token passes through here.
 */
function wireEvent(sessionId: string, { seq, timestampMs, event }: LogEntry): string {
  const payload = JSON.stringify(event);
  return (
    `${payload.slice(0, -1)},"event_id":"${eventId(sessionId, seq, timestampMs)}",` +
    `"source_id":"session:${sessionId}","source":{"type":"session","session_id":"${sessionId}"},` +
    `"seq":${seq},"timestamp_ms":${timestampMs},"payload":${payload}}`
  );
}

/**
 * A version 7 UUID that follows from the event's place, so that a replay shows the same id without
 * storing it: 48 bits of time, 42 bits of `seq`, 32 bits of the session.
 */
function eventId(sessionId: string, seq: number, timestampMs: number): string {
  const time = timestampMs.toString(16).padStart(12, "0");
  const high = Math.floor(seq / 2 ** 30) % 2 ** 12;
  const middle = Math.floor(seq / 2 ** 16) % 2 ** 14;
  const low = (seq % 2 ** 16).toString(16).padStart(4, "0");
  return (
    `${time.slice(0, 8)}-${time.slice(8)}-7${high.toString(16).padStart(3, "0")}-` +
    `${(0x8000 + middle).toString(16)}-${low}${sessionId.slice(-8)}`
  );
}
