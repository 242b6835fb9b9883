import { AppError } from "../../sdk/contract/index.ts";
import { busy } from "./admission.ts";
import { fingerprint } from "./fingerprint.ts";
import type { IntakeStorage } from "./intake-storage.ts";
import type { Journal } from "./journal.ts";
import { RequestKeys } from "./request-keys.ts";
import type { TranscriptRows } from "./transcript-rows.ts";
import { present } from "./view.ts";

/** A request to undo the newest turns. */
export interface RewindRequest {
  turns: number;
  idempotency_key: string;
}

/** What a rewind left, what it took, and where the log tells of it. */
export interface Rewound {
  messageCount: number;
  removedMessages: number;
  seq: number;
}

/** Undoes turns: their messages leave the transcript and are kept aside; the log only grows. */
export class Rewind {
  readonly #journal: Journal;
  readonly #rows: TranscriptRows;
  readonly #keys: RequestKeys;

  constructor(journal: Journal, storage: { rows: TranscriptRows; intake: IntakeStorage }) {
    this.#journal = journal;
    this.#rows = storage.rows;
    this.#keys = new RequestKeys(storage.intake);
  }

  /**
   * Takes the newest turns out of the transcript, in one transaction.
   * @throws {AppError} `SESSION_BUSY` while a turn runs or waits, `INVALID_PARAMS` for more than there are.
   */
  async undo(request: RewindRequest): Promise<Rewound> {
    const hash = await fingerprint({ operation: "rewind", ...request });
    const { identity, state } = present(this.#journal);
    const known = this.#keys.repeat(request, hash);
    if (known) return this.#toldAt(known.firstSeq);
    if (state.run) throw busy(state.run.runId);

    const message_count = this.#startOf(request.turns);
    const removed_messages = state.messageCount - message_count;
    const seq = this.#journal.commit({
      events: [
        {
          type: "session_rewound",
          session_id: identity.sessionId,
          turns: request.turns,
          message_count,
          removed_messages,
        },
      ],
      state: ({ last }) => ({
        messageCount: message_count,
        rewoundSeq: last,
        updatedAt: Date.now(),
        lastCall: undefined,
        // A summary of what is undone, or made because of it, stands for nothing any more.
        ...(message_count < (state.compaction?.at ?? 0) ? { compaction: undefined } : {}),
      }),
      also: ({ last }) => {
        this.#rows.remove(message_count, last);
        this.#keys.remember(request, { hash, runId: "", firstSeq: last });
      },
    });
    return { messageCount: message_count, removedMessages: removed_messages, seq };
  }

  /** Where the last so many turns begin. */
  #startOf(turns: number): number {
    const starts: number[] = [];
    let position = 0;
    for (const { opensTurn } of this.#journal.messagesFrom(0)) {
      if (opensTurn) starts.push(position);
      position += 1;
    }
    const start = starts.at(-turns);
    if (start !== undefined) return start;
    const count = starts.length === 1 ? "1 turn" : `${starts.length} turns`;
    const message = `The transcript has ${count}: ${turns} cannot be undone`;
    throw new AppError("INVALID_PARAMS", message, { turns: starts.length });
  }

  #toldAt(seq: number): Rewound {
    const [entry] = this.#journal.eventsAfter(seq - 1);
    if (entry?.event.type !== "session_rewound") throw new Error("a rewind without its event");
    const { message_count: messageCount, removed_messages: removedMessages } = entry.event;
    return { messageCount, removedMessages, seq };
  }
}
