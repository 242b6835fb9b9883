import type { StoredMessage } from "../providers/provider.ts";
import type { IntakeStorage } from "./intake-storage.ts";
import type { Journal } from "./journal.ts";
import type { Arrivals } from "./progress.ts";
import { CAPACITY, full } from "./queue.ts";
import type { QueuedInput, QueueStorage } from "./queue-storage.ts";
import { present } from "./view.ts";

/** What waits to be told to the model at its next call: notes, and prompts that steer the running turn. */
export class Inputs {
  readonly #journal: Journal;
  readonly #notes: IntakeStorage;
  readonly #queue: QueueStorage;

  constructor(journal: Journal, notes: IntakeStorage, queue: QueueStorage) {
    this.#journal = journal;
    this.#notes = notes;
    this.#queue = queue;
  }

  /**
   * Lets a prompt join a run at its next model call. It stands in the list as `accepted` until then.
   * @throws {AppError} `SESSION_BUSY` when too many wait already
   */
  steer(
    input: { inputId: string; joins: string; messages: readonly StoredMessage[] },
    also: () => void,
  ): void {
    const { inputCount = 0 } = present(this.#journal).state;
    const { inputId, joins, messages } = input;
    if (this.#accepted().length >= CAPACITY) throw full();
    this.#journal.commit({
      state: () => ({ inputCount: inputCount + messages.length, isSteered: true }),
      also: () => {
        also();
        this.#queue.addJoining(inputId, joins, messages);
      },
    });
  }

  /** All that waits, oldest first, and the statement that takes it off the list: the model sees it now. */
  arrivals(): Arrivals {
    const { inputCount, isSteered } = this.#journal.session?.state ?? {};
    if (!inputCount) return { messages: [], take: () => {} };
    const steering = isSteered ? this.#accepted() : [];
    const prompts = steering.flatMap(({ position }) => this.#queue.messages(position));
    return {
      messages: [...this.#notes.inputs(), ...prompts].toSorted(byTime),
      take: () => {
        this.#notes.clearInputs();
        for (const { position } of steering) this.#queue.setStatus(position, "done");
      },
    };
  }

  /** Takes prompts back that the model has not seen. @returns whether there were any */
  cancel(concerns: (input: QueuedInput) => boolean): boolean {
    const { inputCount = 0, isSteered } = present(this.#journal).state;
    const waiting = isSteered ? this.#accepted() : [];
    const cancelled = waiting.filter(concerns);
    if (cancelled.length === 0) return false;
    const messages = cancelled.flatMap(({ position }) => this.#queue.messages(position));
    this.#journal.commit({
      state: () => ({
        inputCount: inputCount - messages.length,
        isSteered: cancelled.length < waiting.length,
      }),
      also: () => {
        for (const { position } of cancelled) this.#queue.setStatus(position, "cancelled");
      },
    });
    return true;
  }

  #accepted(): QueuedInput[] {
    return this.#queue.list().filter(({ status }) => status === "accepted");
  }
}

function byTime(a: StoredMessage, b: StoredMessage): number {
  return Date.parse(a.created_at) - Date.parse(b.created_at);
}
