import { AppError } from "../../sdk/contract/index.ts";
import { encode, type Format } from "./envelope.ts";
import type { Feed } from "./feed.ts";
import type { Journal } from "./journal.ts";
import { present } from "./view.ts";

const PAGE_CHARS = 128 * 1024;

/** A piece of the log as text, ready for a client. */
export interface Page {
  text: string;
  /** The place of its last event: where the next page starts. */
  cursor: number;
  /** Whether more is stored already. */
  more: boolean;
}

/** Reads at most one page of the log after a cursor. Cut by size, so that a slow reader costs no memory. */
export function page(journal: Journal, cursor: number, format: Format): Page {
  const sessionId = journal.session?.identity.sessionId ?? "";
  let text = "";
  let last = cursor;
  for (const entry of journal.eventsAfter(cursor)) {
    if (text.length > PAGE_CHARS) return { text, cursor: last, more: true };
    text += encode(sessionId, entry, format);
    last = entry.seq;
  }
  return { text, cursor: last, more: false };
}

/** @throws {AppError} `INVALID_PARAMS` when the cursor lies above everything that was ever told. */
export function checkCursor(journal: Journal, cursor: number): void {
  if (cursor <= journal.seq) return;
  throw new AppError(
    "INVALID_PARAMS",
    `Cursor ${cursor} is above the newest event ${journal.seq}`,
    {
      reason: "ahead_of_latest",
      latest: journal.seq,
    },
  );
}

/**
 * Joins a socket to the feed. What is missing since the cursor is sent in the same synchronous step
 * that registers the socket, so nothing falls between (design I-4). Only a small rest is sent that
 * way: whoever is further behind is refused with 409 and reads pages first.
 */
export function attach(
  ctx: DurableObjectState,
  { journal, feed }: { journal: Journal; feed: Feed },
  { searchParams }: URL,
): Response {
  const { state } = present(journal);
  const after = searchParams.get("after");
  const format: Format = searchParams.get("format") === "json" ? "json" : "sse";
  // Without a cursor: the running turn from its start, else only what is new.
  const cursor = after === null ? (state.run?.firstSeq ?? journal.seq + 1) - 1 : Number(after);
  checkCursor(journal, cursor);
  const headers = { "x-cursor": String(cursor), "x-message-count": String(state.messageCount) };
  const rest = page(journal, cursor, format);
  if (rest.more) {
    // The page is read already: it goes along, and the reader asks for the next one.
    return new Response(rest.text, {
      status: 409,
      headers: { ...headers, "x-page-cursor": String(rest.cursor) },
    });
  }

  const { 0: client, 1: server } = new WebSocketPair();
  ctx.acceptWebSocket(server, [format]);
  // A frame that is half collected belongs to those who are already there.
  feed.flush();
  if (rest.text !== "") server.send(`${rest.cursor}\n${rest.text}`);
  server.send(`!{"type":"caught_up","seq":${journal.seq}}`);
  feed.add(server, format);
  return new Response(null, { status: 101, webSocket: client, headers });
}
