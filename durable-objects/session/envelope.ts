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

// Neighbouring events share most of their ids' digits; they are made for every token and every format.
const recent = { timestampMs: -1, timePart: "", block: -1, blockPart: "" };

/**
 * A version 7 UUID that follows from the event's place, so that a replay shows the same id without
 * storing it: 48 bits of time, 42 bits of `seq`, 32 bits of the session.
 */
function eventId(sessionId: string, seq: number, timestampMs: number): string {
  if (timestampMs !== recent.timestampMs) {
    const time = timestampMs.toString(16).padStart(12, "0");
    recent.timestampMs = timestampMs;
    recent.timePart = `${time.slice(0, 8)}-${time.slice(8)}-7`;
  }
  const block = Math.floor(seq / 2 ** 16);
  if (block !== recent.block) {
    const high = Math.floor(seq / 2 ** 30) % 2 ** 12;
    recent.block = block;
    recent.blockPart = `${high.toString(16).padStart(3, "0")}-${(0x8000 + (block % 2 ** 14)).toString(16)}-`;
  }
  const low = (0x10000 + (seq % 2 ** 16)).toString(16).slice(1);
  return recent.timePart + recent.blockPart + low + sessionId.slice(-8);
}
