import { camel } from "../../sdk/casing.ts";
import { inner, type Json } from "./json.node.ts";
import { within } from "./conditions.node.ts";

/** One event as a client saw it; every client's is brought into the same form. */
export interface Seen {
  seq: number;
  type: string;
  /** The event's own members, in camelCase. */
  event: Json;
}

/** An event in the form of the wire. */
export function seenOf(seq: unknown, payload: unknown): Seen {
  const event = inner(camel(payload));
  return { seq: Number(seq), type: String(event.type), event };
}

/** Whether the event is one of those that may be lost with a crash. */
export function isDelta({ type }: Seen): boolean {
  return type === "text_delta" || type === "reasoning_delta";
}

/** Whether the event is the last of its run. */
export function isTerminal({ type }: Seen): boolean {
  return type === "run_completed" || type === "run_failed";
}

interface Wish {
  fits: () => boolean;
  resolve: () => void;
}

/** What one client has seen of a session, and from which transport. */
export class View {
  readonly name: string;
  readonly seen: Seen[] = [];
  /** What went wrong for the client itself, such as a cursor that was refused. */
  readonly problems: string[] = [];
  /** The session was archived while the client was away: it cannot learn how it ended. */
  isGone = false;
  readonly #onSeen: (seen: Seen) => void;
  readonly #after: number;
  #wishes: Wish[] = [];

  constructor(name: string, onSeen: (seen: Seen) => void = () => {}, after = 0) {
    this.name = name;
    this.#onSeen = onSeen;
    this.#after = after;
  }

  /** The last event seen: where a client goes on after a lost connection. */
  get cursor(): number {
    return this.seen.at(-1)?.seq ?? this.#after;
  }

  /** The client was refused, with this status or code. */
  refused(what: string): void {
    if (what.includes("SESSION_NOT_FOUND")) this.isGone = true;
    else this.problems.push(what);
    this.#wake();
  }

  add(seen: Seen): void {
    this.seen.push(seen);
    this.#onSeen(seen);
    this.#wake();
  }

  /** Waits until the client has seen what is asked for. @throws {Violation} */
  until(ms: number, what: string, fits: (seen: readonly Seen[]) => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wish = { fits: () => fits(this.seen), resolve };
    if (wish.fits()) return Promise.resolve();
    this.#wishes.push(wish);
    return within(ms, `${this.name}: ${what}`, promise);
  }

  #wake(): void {
    this.#wishes = this.#wishes.filter(({ fits, resolve }) => {
      if (!fits()) return true;
      resolve();
      return false;
    });
  }
}
