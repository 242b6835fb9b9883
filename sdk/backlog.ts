import { abortable } from "./retry.ts";

const MOST_ITEMS = 10_000;
const MOST_BYTES = 8 * 1024 * 1024;

/** Why nothing more comes: it is over, it failed, or the reader fell too far behind to be kept for. */
export type Ending<Result> =
  | { kind: "done"; result: Result }
  | { kind: "failed"; error: unknown }
  | { kind: "behind" };

type Arrival<Item, Result> = { kind: "item"; item: Item } | Ending<Result>;

/**
 * What arrived and was not read yet, within 10,000 items and 8 MiB. Beyond that nothing is added:
 * the reader gets what is there, then `behind`, and asks again from its cursor.
 */
export class Backlog<Item, Result> {
  readonly #waiting: { item: Item; size: number }[] = [];
  #bytes = 0;
  #ending: Ending<Result> | undefined;
  #wake: (() => void) | undefined;

  get isEnded(): boolean {
    return this.#ending !== undefined;
  }

  /** Adds an item of `size` bytes. */
  push(item: Item, size: number): void {
    if (this.#ending) return;
    if (this.#waiting.length >= MOST_ITEMS || this.#bytes >= MOST_BYTES) {
      this.end({ kind: "behind" });
      return;
    }
    this.#waiting.push({ item, size });
    this.#bytes += size;
    this.#wake?.();
  }

  /** Ends it, after what already waits; only the first ending counts. */
  end(ending: Ending<Result>): void {
    this.#ending ??= ending;
    this.#wake?.();
  }

  /** The next item or, when all are read, the ending. One reader at a time. */
  async next(signal?: AbortSignal): Promise<Arrival<Item, Result>> {
    for (;;) {
      signal?.throwIfAborted();
      const first = this.#waiting.shift();
      if (first) {
        this.#bytes -= first.size;
        return { kind: "item", item: first.item };
      }
      if (this.#ending) return this.#ending;
      const arrival = Promise.withResolvers<void>();
      this.#wake = arrival.resolve;
      await abortable(arrival.promise, signal);
    }
  }
}
