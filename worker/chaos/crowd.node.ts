import type { MeerkatClient } from "../../sdk/index.ts";
import type { Dice } from "./dice.node.ts";
import { withoutVoided } from "./joined.node.ts";
import { followRpc } from "./rpc.node.ts";
import { followSdk, sdkClient } from "./sdk-client.node.ts";
import type { ChaosServer } from "./server.node.ts";
import { followSse } from "./sse.node.ts";
import { isTerminal, type Seen, View } from "./view.node.ts";

// The SDK waits up to 5 s between two tries to reconnect.
const CATCH_UP_MS = 12_000;

/** Where a session is to be watched. */
export interface Place {
  server: ChaosServer;
  realm: string;
  sessionId: string;
  dice: Dice;
}

/** Clients of every transport that follow one session, whatever becomes of their connections. */
export class Crowd {
  readonly #over = new AbortController();
  readonly #views: View[] = [];
  readonly #following: Promise<void>[] = [];
  #sdk: MeerkatClient | undefined;

  get views(): readonly View[] {
    return this.#views;
  }

  /** Lets everybody in, from the first event on; `onSeen` hears of what anyone sees. */
  async gather(place: Place, onSeen: (seen: Seen) => void): Promise<void> {
    const { server, realm, sessionId, dice } = place;
    const view = (name: string) => {
      const made = new View(name, onSeen);
      this.#views.push(made);
      return made;
    };
    const { signal } = this.#over;
    const path = `/realms/${realm}/sessions/${sessionId}/events`;
    const refreshEvery = 1 + dice.below(6);
    this.#following.push(
      followSse(server, view("SSE"), { path, signal }),
      followSse(server, view("SSE, reloaded"), { path, signal, refreshEvery }),
      followRpc(server, view("JSON-RPC"), { realm, sessionId, signal }),
    );
    this.#sdk = await sdkClient(server, realm);
    this.#following.push(followSdk(this.#sdk, sessionId, view("SDK")));
  }

  /** Waits until everybody has seen this event, or cannot see it any more. @throws {Violation} */
  async caughtUp(newest: number, isEnd = (_seen: readonly Seen[]) => false): Promise<void> {
    for (const view of this.#views) {
      const isThere = () =>
        view.cursor >= newest || isEnd(view.seen) || view.isGone || view.problems.length > 0;
      await view.until(CATCH_UP_MS, `event ${newest}`, isThere);
    }
  }

  /** All events of an archived session, if a client was there when it ended: nobody else can read them. */
  async witness(): Promise<readonly Seen[] | undefined> {
    await this.caughtUp(Infinity, (seen) => seen.some(isTerminal));
    const whole = this.#views.find(({ isGone }) => !isGone);
    // Words that only memory held, and that were voided, are no part of the log.
    return whole && withoutVoided(whole.seen);
  }

  /** Sends everybody home; the session does not notice. */
  async leave(): Promise<void> {
    this.#over.abort();
    await this.#sdk?.close();
    await Promise.allSettled(this.#following);
  }
}
