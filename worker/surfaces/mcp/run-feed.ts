import type { StartedRun } from "../../call.ts";
import { type Observer, Watcher } from "../watcher.ts";

/** One event of the log, as every surface shows it. */
export interface WireEvent {
  type: string;
  seq: number;
  run_id?: string;
  name?: string;
}

/** Whom a run is told to. */
export interface RunListener {
  event(event: WireEvent): void;
  /** Nothing happened for a while; the run is still being followed. */
  quiet(): void;
}

/**
 * Tells one run's events, each once and in order, while somebody waits for its result. What the
 * socket has not brought by then is read from the log, so nothing depends on which comes first.
 */
export class RunFeed implements Observer {
  readonly #run: StartedRun;
  readonly #listener: RunListener;
  readonly #watcher: Watcher;
  readonly #opened: Promise<void>;
  #isMine: boolean;
  #isOver = false;

  constructor(run: StartedRun, listener: RunListener) {
    this.#run = run;
    this.#listener = listener;
    this.#isMine = run.isUnderWay ?? false;
    this.#watcher = new Watcher(run.session, "json", this);
    this.#opened = this.#open();
  }

  /** Tells nothing more. */
  stop(): void {
    this.#isOver = true;
    this.#watcher.close();
  }

  /** Stops watching, then tells what is still missing up to now. */
  async finish(): Promise<void> {
    await this.#opened;
    this.#watcher.close();
    let cursor = this.#watcher.cursor ?? this.#run.after;
    for (let more = true; more && !this.#isOver;) {
      const page = await this.#run.session.page(cursor, "json");
      this.events(page.text);
      ({ cursor, more } = page);
    }
  }

  events(text: string): void {
    for (const line of text.split("\n")) if (line !== "" && !this.#isOver) this.#tell(line);
  }

  heartbeat(): void {
    this.#listener.quiet();
  }

  caughtUp(): void {
    // What follows is told like what came before.
  }

  ended(): void {
    // `finish` reads what is left.
  }

  lost(): void {
    // As above: the log is still there.
  }

  async #open(): Promise<void> {
    try {
      await this.#watcher.open(this.#run.after);
      while (this.#watcher.isBehind) await this.#watcher.pull();
    } catch (cause) {
      // The result still comes, and `finish` reads the events then.
      console.error("a run could not be followed", cause);
    }
  }

  /** A session's log holds other runs, too: one that waited its turn comes after their events. */
  #tell(line: string): void {
    // Our own object wrote the line: see its envelope.
    const event: WireEvent = JSON.parse(line);
    const isOfRun = event.run_id === this.#run.runId;
    this.#isMine ||= event.type === "run_started" && isOfRun;
    if (!this.#isMine) return;
    this.#listener.event(event);
    this.#isOver = isOfRun && (event.type === "run_completed" || event.type === "run_failed");
  }
}
