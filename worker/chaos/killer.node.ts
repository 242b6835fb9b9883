import type { ChaosServer } from "./server.node.ts";

/** When to kill: the nth time that a moment of this kind comes, counted from the kill before. */
export interface KillPoint {
  /** `event`, `event:<type>`, `asked`, `sent`, `acked`, a gate's name, or `listening`. */
  at: string;
  nth: number;
}

/** Kills the server at points of an episode, one after the other, and has it started again each time. */
export class Killer {
  readonly #server: ChaosServer;
  readonly #points: KillPoint[];
  #count = 0;
  #killed = 0;
  #crash: Promise<void> = Promise.resolve();

  constructor(server: ChaosServer, points: readonly KillPoint[]) {
    this.#server = server;
    this.#points = [...points];
  }

  /** How often it killed in this episode. */
  get killed(): number {
    return this.#killed;
  }

  /** Whether the next kill waits for this moment, so that whoever makes it must not hurry on. */
  awaits(moment: string): boolean {
    return this.#points[0]?.at === moment;
  }

  /** Something happened at which a kill may be due. `event:x` is an `event` as well. */
  moment(name: string): void {
    const [point] = this.#points;
    if (!point || (point.at !== name && point.at !== name.split(":")[0])) return;
    this.#count += 1;
    if (this.#count < point.nth) return;
    this.#points.shift();
    this.kill();
  }

  kill(): void {
    this.#count = 0;
    this.#killed += 1;
    this.#crash = this.#server.crash().then(() => this.moment("listening"));
  }

  /** Kills what is left to be killed, at least once in an episode; resolves when the server is back for good. */
  async finish(): Promise<void> {
    this.#points.length = 0;
    if (this.#killed === 0) this.kill();
    await this.settled();
  }

  /** Resolves when no crash is under way. */
  async settled(): Promise<void> {
    for (let last; last !== this.#crash;) {
      last = this.#crash;
      await last;
    }
  }
}
