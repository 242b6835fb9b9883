import type { Entry } from "./events.ts";
import type { Link } from "./link.ts";
import type { StreamOutcome } from "./stream-router.ts";

/** A stream that stood this long was no failed try, even if nothing happened in it. */
const STEADY_MS = 10_000;

/** What of a session is followed. */
export interface Followed {
  sessionId: string;
  /** The cursor: only events with a greater `seq` are of interest. */
  after: number;
  /** Told the deployment's name for the stream, again after each reconnect. */
  opened?: (streamId: string) => void;
}

/**
 * Follows a session's log from a cursor, without a gap and without a repetition: a lost connection,
 * a deployment that asks to reconnect and a slow reader all lead to the same, a new stream at the
 * last `seq` that was read. Returns how the stream ended for good.
 * @throws {MeerkatError} `SESSION_NOT_FOUND`, `INVALID_PARAMS`, `CONNECTION_CLOSED` and others.
 */
export async function* followSession(
  link: Link,
  { sessionId, after, opened }: Followed,
  signal: AbortSignal,
): AsyncGenerator<Entry, StreamOutcome> {
  const retry = link.retry();
  let cursor = after;
  for (;;) {
    let openedAt = Infinity;
    try {
      const connection = await link.connection(signal);
      const stream = await connection.openStream(sessionId, cursor, signal);
      openedAt = Date.now();
      opened?.(stream.id);
      try {
        let arrival = await stream.events.next(signal);
        for (; arrival.kind === "item"; arrival = await stream.events.next(signal)) {
          if (arrival.item.seq <= cursor) continue;
          cursor = arrival.item.seq;
          retry.reset();
          yield arrival.item;
        }
        if (arrival.kind === "done") return arrival.result;
        if (arrival.kind === "failed") throw arrival.error;
      } finally {
        stream.close();
      }
    } catch (error) {
      if (Date.now() - openedAt > STEADY_MS) retry.reset();
      await retry.after(error, signal);
    }
  }
}
