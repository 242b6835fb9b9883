import { AppError, noUsage } from "../../sdk/contract/index.ts";
import type { TurnRequest } from "./admission.ts";
import { terminalEvent } from "./ending.ts";
import { shortened } from "./excerpt.ts";
import type { Journal } from "./journal.ts";
import type { Outcome } from "./outcome.ts";
import { promptText } from "./prompt.ts";
import type { QueuedInput, QueueStorage } from "./queue-storage.ts";
import type { RunObserver } from "./run-observer.ts";
import { present } from "./view.ts";

/** How many inputs may wait at once, of each kind. */
export const CAPACITY = 32;

/** An input, and the beginning of what it says while it waits. */
export interface DescribedInput {
  input: QueuedInput;
  prompt: string | undefined;
}

/** Turns that wait for the running one, first come first served. Stored, so that none is ever lost. */
export class Queue {
  readonly #journal: Journal;
  readonly #storage: QueueStorage;
  readonly #observer: RunObserver;

  constructor(journal: Journal, storage: QueueStorage, observer: RunObserver) {
    this.#observer = observer;
    this.#journal = journal;
    this.#storage = storage;
  }

  get isEmpty(): boolean {
    return !this.#journal.session?.state.queueCount;
  }

  /** @throws {AppError} `SESSION_BUSY` when too many wait already */
  add(request: TurnRequest, also: () => void): void {
    const { queueCount = 0 } = present(this.#journal).state;
    if (queueCount >= CAPACITY) throw full();
    this.#journal.commit({
      state: () => ({ queueCount: queueCount + 1 }),
      also: () => {
        also();
        this.#storage.add(request);
      },
    });
  }

  /** Every input that is still remembered, oldest first. */
  list(): QueuedInput[] {
    present(this.#journal);
    return this.#storage.list();
  }

  /** The same for people: with the beginning of what each that waits says. */
  describe(): DescribedInput[] {
    return this.list().map((input) => {
      const prompt = this.#storage.prompt(input);
      return { input, prompt: prompt && shortened(promptText(prompt)) };
    });
  }

  /** The turn that is next. */
  get first(): QueuedInput | undefined {
    return this.isEmpty
      ? undefined
      : this.#storage.list().find(({ status }) => status === "queued");
  }

  /** The same with what it asks for, which may be long. */
  next(): { position: number; createdAt: number; request: TurnRequest } | undefined {
    const { first } = this;
    return first && { ...first, request: this.#storage.request(first.position) };
  }

  /** The statement that says that a turn of the queue runs; part of the commit that admits it. */
  started(position: number): () => void {
    return () => this.#storage.setStatus(position, "running");
  }

  /** Whether a run waits here. */
  has(runId: string): boolean {
    const waits = (turn: QueuedInput) => turn.runId === runId && turn.status === "queued";
    return !this.isEmpty && this.#storage.list().some(waits);
  }

  /** Ends turns that wait, each with its terminal event. @returns the ids of those that still waited */
  end(concerns: (turn: QueuedInput) => boolean, outcome: Outcome): string[] {
    const turns = this.isEmpty ? [] : this.#storage.list();
    const waiting = turns.filter((turn) => turn.status === "queued" && concerns(turn));
    if (waiting.length === 0) return [];
    const { identity, state } = present(this.#journal);
    // The commit takes away what each asked for.
    const refused = waiting.map((turn) => ({ ...turn, initiator: this.#storage.initiator(turn) }));
    this.#journal.commit({
      events: waiting.map(({ runId }) =>
        terminalEvent(identity.sessionId, runId, outcome, noUsage),
      ),
      state: () => ({ queueCount: (state.queueCount ?? 0) - waiting.length }),
      also: () => {
        for (const { position } of waiting) this.#storage.setStatus(position, "cancelled");
      },
    });
    for (const turn of refused) this.#observer.refused(turn, outcome);
    return waiting.map(({ runId }) => runId);
  }

  /** The statement that closes the record of a turn that came from here, if it did. */
  finished(runId: string): () => void {
    return () => {
      for (const turn of this.#storage.list()) {
        if (turn.inputId === runId) this.#storage.setStatus(turn.position, "done");
      }
    };
  }
}

/** The refusal of one input more than may wait. */
export function full(): AppError {
  const details = { reason: "queue_full", capacity: CAPACITY };
  return new AppError("SESSION_BUSY", `${CAPACITY} inputs wait on this session already`, details);
}
