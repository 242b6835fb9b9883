import { createParser } from "eventsource-parser";
import { parse } from "./json.node.ts";
import type { ChaosServer } from "./server.node.ts";
import { seenOf, type View } from "./view.node.ts";

/** What an SSE client follows, and how. */
export interface SseWish {
  path: string;
  signal: AbortSignal;
  /** Leaves and comes back after so many events, as a reloaded page does. */
  refreshEvery?: number;
}

/** Follows a session over server-sent events, coming back with `Last-Event-ID` until it is aborted. */
export async function followSse(
  server: ChaosServer,
  view: View,
  { path, signal, refreshEvery = Infinity }: SseWish,
): Promise<void> {
  while (!signal.aborted) {
    await server.up();
    const leave = new AbortController();
    try {
      const response = await fetch(`${server.url}${path}`, {
        headers: { "last-event-id": String(view.cursor) },
        signal: AbortSignal.any([signal, leave.signal]),
      });
      if (!response.ok || !response.body) {
        // Refused for good: to come back with the same cursor would not help.
        view.refused(`${response.status} ${await response.text()}`);
        return;
      }
      if (await readAll(response.body, view, refreshEvery)) return;
    } catch {
      // The connection was lost, or we left: the loop decides.
    } finally {
      leave.abort();
    }
  }
}

/** Reads until the connection ends, or enough was read. @returns whether the session is over */
async function readAll(
  body: ReadableStream<Uint8Array>,
  view: View,
  most: number,
): Promise<boolean> {
  const decoder = new TextDecoder();
  let count = 0;
  let isDone = false;
  const parser = createParser({
    onEvent: ({ id, event, data }) => {
      isDone ||= event === "done";
      // What comes in the same piece after the reload was asked for is never shown to anybody.
      if (id === undefined || count >= most) return;
      count += 1;
      view.add(seenOf(id, parse(data).payload));
    },
  });
  for await (const bytes of body) {
    parser.feed(decoder.decode(bytes, { stream: true }));
    if (isDone || count >= most) return isDone && count < most;
  }
  return isDone;
}
