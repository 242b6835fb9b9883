import { AppError, type Labels } from "../../sdk/contract/index.ts";
import type { IntakeStorage } from "./intake-storage.ts";
import type { Journal } from "./journal.ts";
import type { ModelIdentity } from "./state.ts";
import { openCalls } from "./tool-calls.ts";
import type { MessageRow, RowPlace } from "./transcript-rows.ts";

/** What a fork takes over from its source beside the messages. */
export interface ForkOrigin {
  /** How many messages are copied. */
  at: number;
  /** The source's newest rewind: after another one the copy is not of one transcript. */
  rewoundSeq: number;
  identity: ModelIdentity;
  labels: Labels;
  /** The session's client tools, as they are stored. */
  tools: string;
  /** The schema that its turns answer by, as it is stored. */
  outputSchema: string;
}

/** A session as its forks see it; an archived one serves as well. */
export interface ForkSource {
  forkOrigin(at: number | undefined): ForkOrigin;
  /** A page of stored rows; empty at the end. @throws {AppError} `CONFLICT` after a rewind */
  forkRows(origin: ForkOrigin, after: RowPlace): MessageRow[];
}

/**
 * Finds the point of a fork, by default the newest one. Only committed messages count, so a session
 * with a running turn has one too.
 * @throws {AppError} `INVALID_PARAMS` beyond the transcript, or between calls of tools and their results.
 */
export function forkOrigin(
  journal: Journal,
  storage: IntakeStorage,
  at: number | undefined,
): ForkOrigin {
  const found = journal.session;
  if (!found) throw new AppError("SESSION_NOT_FOUND", "Session not found");
  const { identity, state } = found;
  const newest = splits(journal, state.messageCount) ? state.messageCount - 1 : state.messageCount;
  checkPoint(journal, at ?? newest, state.messageCount, newest);
  return {
    at: at ?? newest,
    rewoundSeq: state.rewoundSeq ?? 0,
    identity: state.identity,
    labels: identity.labels,
    tools: storage.document("session_tools"),
    outputSchema: storage.document("session_output"),
  };
}

/** @throws {AppError} `CONFLICT` if the source was rewound since the copy began */
export function checkUnchanged(journal: Journal, origin: ForkOrigin): void {
  if ((journal.session?.state.rewoundSeq ?? 0) === origin.rewoundSeq) return;
  const details = { reason: "source_rewound" };
  throw new AppError("CONFLICT", "The session was rewound while it was being copied", details);
}

function checkPoint(journal: Journal, at: number, count: number, newest: number): void {
  if (at > count) {
    const held = count === 1 ? "1 message" : `${count} messages`;
    const message = `The session has ${held}: it can be forked at 1 to ${newest}, not at ${at}`;
    throw new AppError("INVALID_PARAMS", message, { message_count: count, allowed: [newest] });
  }
  if (!splits(journal, at)) return;
  const allowed = [at - 1, at + 1].filter((point) => point <= count);
  const message = `Message ${at - 1} calls tools and their results follow it: fork at ${allowed.join(" or ")}, not at ${at}`;
  throw new AppError("INVALID_PARAMS", message, { message_count: count, allowed });
}

/** Whether a cut here would leave calls of tools without their results. */
function splits(journal: Journal, at: number): boolean {
  const [newest] = journal.messagesFrom(Math.max(at - 1, 0));
  return newest !== undefined && openCalls([newest]).length > 0;
}
