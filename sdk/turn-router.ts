import type { Backlog } from "./backlog.ts";
import { endsRun, type Entry } from "./events.ts";

/** Receives the events of one running call, in order. */
export type TurnEvents = Backlog<Entry, Record<string, unknown>>;

/** One running call that produces events on its connection. */
export interface RunningTurn {
  /** Unknown for a create until its first event. */
  sessionId: string | undefined;
  /** Where its events go; a call that nobody follows has none. */
  events?: TurnEvents | undefined;
  /** Told as soon as the session is known. */
  named?: ((sessionId: string) => void) | undefined;
}

/** The turn that a call runs, if it runs one. */
export function runningTurn(
  method: string,
  params: Record<string, unknown>,
): RunningTurn | undefined {
  if (method === "turn/start") return { sessionId: bareId(String(params.session_id)) };
  const isCreate = method === "session/create" && params.initial_turn !== "deferred";
  return isCreate ? { sessionId: undefined } : undefined;
}

/** A locator may name the realm as well, `<realm_id>:<session_id>`; events never do. */
function bareId(locator: string): string {
  return locator.slice(locator.lastIndexOf(":") + 1).toLowerCase();
}

interface Place extends RunningTurn {
  begun: boolean;
  over: boolean;
  /** Lets the next create be sent. */
  known: () => void;
}

/**
 * Tells which running call an event belongs to: `session/event` names the session, not the request.
 * Turns of one session run in the order they were started. Creates have no session to tell them
 * apart by, so a second one is not sent before the first one's session is known.
 */
export class TurnRouter {
  readonly #places = new Map<RunningTurn, Place>();
  #lastCreate: Promise<void> = Promise.resolve();

  /** Waits until the call may be sent, and expects its events from then on. */
  async enter(turn: RunningTurn): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (turn.sessionId === undefined) {
      const earlier = this.#lastCreate;
      this.#lastCreate = promise;
      await earlier;
    }
    this.#places.set(turn, { ...turn, begun: false, over: false, known: resolve });
  }

  /** To be called when the call was answered or was never sent. */
  leave(turn: RunningTurn): void {
    this.#places.get(turn)?.known();
    this.#places.delete(turn);
  }

  /** Hands an event of `size` bytes to the call that it belongs to. */
  route(sessionId: string, entry: Entry, size: number): void {
    const place = this.#owner(sessionId, entry);
    if (!place) return;
    if (!place.begun) {
      place.begun = true;
      place.sessionId = sessionId;
      place.named?.(sessionId);
      place.known();
    }
    place.over = endsRun(entry);
    place.events?.push(entry, size);
  }

  #owner(sessionId: string, entry: Entry): Place | undefined {
    const places = [...this.#places.values()].filter(({ over }) => !over);
    const own = places.filter((place) => place.sessionId === sessionId);
    const begun = own.find((place) => place.begun);
    if (begun && entry.type !== "run_started") return begun;
    return (
      own.find((place) => !place.begun) ?? places.find((place) => place.sessionId === undefined)
    );
  }
}
