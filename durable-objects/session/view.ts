import {
  AppError,
  pack,
  type Parcel,
  type SessionHistory,
  type SessionInfo,
  weight,
  wireUsage,
} from "../../sdk/contract/index.ts";
import type { StoredMessage } from "../providers/provider.ts";
import { shortened } from "./excerpt.ts";
import type { Journal } from "./journal.ts";
import type { TranscriptRows } from "./transcript-rows.ts";

// One answer over RPC may hold 32 MiB; a page stays well below and the caller asks for the next.
const PAGE_CHARS = 4 * 1024 * 1024;

/** The session as it is now. @throws {AppError} `SESSION_NOT_FOUND` for an unknown or archived one. */
export function sessionInfo(journal: Journal): SessionInfo {
  const { identity, state } = present(journal);
  const { model, provider } = state.identity;
  const text = lastAssistantText(journal, state.messageCount);
  return {
    session_id: identity.sessionId,
    session_ref: `${identity.realmId}:${identity.sessionId}`,
    created_at: identity.createdAt,
    updated_at: Math.floor(state.updatedAt / 1_000),
    message_count: state.messageCount,
    total_tokens: state.usage.input_tokens + state.usage.output_tokens,
    is_active: state.run !== undefined,
    state: state.run ? "running" : "idle",
    model,
    provider,
    ...(Object.keys(identity.labels).length > 0 ? { labels: identity.labels } : {}),
    usage: wireUsage(state.usage),
    ...(text === undefined ? {} : { last_assistant_text: shortened(text) }),
    last_seq: journal.seq,
  };
}

/** Which messages are asked for; with `rewindSeq`, of those that the rewind there took away. */
interface HistoryPage {
  offset: number;
  limit: number | undefined;
  rewindSeq: number | undefined;
}

/** Messages that can be read in pages. */
interface Readable {
  count: number;
  from(offset: number): Iterable<StoredMessage>;
}

/** What the next turn builds on. */
function transcript(journal: Journal): Readable {
  const count = journal.session?.state.messageCount ?? 0;
  return { count, from: (offset) => journal.messagesFrom(offset) };
}

/** What a rewind took out of it. @throws {AppError} `INVALID_PARAMS` if there was none at that place */
function removed(rows: TranscriptRows, seq: number): Readable {
  const { count, first } = rows.removed(seq);
  if (count > 0) return { count, from: (offset) => rows.removedFrom(seq, first + offset) };
  throw new AppError("INVALID_PARAMS", `There was no rewind at seq ${seq}`, { rewind_seq: seq });
}

/** A page of messages, cut by count and by size; archived sessions stay readable (contract 7.5). */
export function history(
  journal: Journal,
  rows: TranscriptRows,
  { offset, limit, rewindSeq }: HistoryPage,
): Parcel<SessionHistory> {
  const found = journal.session;
  if (!found) throw new AppError("SESSION_NOT_FOUND", "Session not found");
  const { identity } = found;
  const source = rewindSeq === undefined ? transcript(journal) : removed(rows, rewindSeq);
  const start = Math.min(offset, source.count);
  const messages: SessionHistory["messages"] = [];
  let chars = 0;
  for (const { native: _sealed, opensTurn: _mark, ...message } of source.from(start)) {
    if (messages.length === limit || chars > PAGE_CHARS) break;
    chars += weight(message);
    messages.push(message);
  }
  const page = {
    session_id: identity.sessionId,
    session_ref: `${identity.realmId}:${identity.sessionId}`,
    message_count: source.count,
    offset: start,
    limit: limit ?? null,
    has_more: start + messages.length < source.count,
    messages,
  };
  return pack(page);
}

/** The session, unless it never was or is archived. @throws {AppError} `SESSION_NOT_FOUND` */
export function present(journal: Journal): NonNullable<Journal["session"]> {
  const found = journal.session;
  if (found && found.state.archivedAt === undefined) return found;
  throw new AppError("SESSION_NOT_FOUND", "Session not found");
}

/** What the model said last, as the transcript was when it held so many messages. */
export function lastAssistantText(journal: Journal, messageCount: number): string | undefined {
  // An answer is followed by tool results or a marker at most, so a short look back finds it.
  for (let position = messageCount - 1; position >= Math.max(0, messageCount - 8); position -= 1) {
    const [message] = journal.messagesFrom(position);
    const text = message ? textOf(message) : "";
    if (text !== "") return text;
  }
  return undefined;
}

function textOf(message: StoredMessage): string {
  if (message.role !== "block_assistant") return "";
  return message.blocks
    .map((block) => (block.block_type === "text" ? block.data.text : ""))
    .join("");
}
