import { toAppError } from "../../../sdk/contract/index.ts";
import type { SessionAddress } from "../../session-address.ts";
import { type Observer, Watcher } from "../watcher.ts";
import type { WireEvent } from "./run-feed.ts";

/** Waits for what comes next in a session's log; reads it from there, so nothing can be missed. */
export class NextEvents implements Observer {
  readonly #session: SessionAddress;
  readonly #signal: AbortSignal;
  readonly #news = Promise.withResolvers<"closed" | undefined>();

  constructor(session: SessionAddress, signal: AbortSignal) {
    this.#session = session;
    this.#signal = signal;
  }

  /** The next events after a cursor; none when nothing happened in time. @throws {AppError} cursor too high */
  async after(cursor: number, count: number, patienceMs: number): Promise<WireEvent[] | "closed"> {
    const stored = await this.#read(cursor, count);
    if (stored.length > 0 || patienceMs === 0) return stored;
    const news = await this.#wait(cursor, patienceMs);
    const fresh = await this.#read(cursor, count);
    return fresh.length === 0 && news === "closed" ? "closed" : fresh;
  }

  events(): void {
    this.#news.resolve(undefined);
  }

  ended(): void {
    this.#news.resolve("closed");
  }

  lost(): void {
    this.#news.resolve(undefined);
  }

  caughtUp(): void {
    // The wait is for what comes after.
  }

  heartbeat(): void {
    // The caller's own stream keeps itself alive.
  }

  async #read(cursor: number, count: number): Promise<WireEvent[]> {
    const { text } = await this.#session.page(cursor, "json");
    // Our own object wrote the lines: see its envelope.
    const lines = text
      .split("\n", count + 1)
      .filter(Boolean)
      .slice(0, count);
    return lines.map((line): WireEvent => JSON.parse(line));
  }

  async #wait(cursor: number, patienceMs: number): Promise<"closed" | undefined> {
    const watcher = new Watcher(this.#session, "json", this);
    const giveUp = () => this.#news.resolve(undefined);
    const timer = setTimeout(giveUp, patienceMs);
    this.#signal.addEventListener("abort", giveUp, { once: true });
    try {
      await watcher.open(cursor);
      // More than a frame's worth came at once: there is something to read.
      if (watcher.isBehind) giveUp();
      return await this.#news.promise;
    } catch (cause) {
      if (toAppError(cause).code === "SESSION_NOT_FOUND") return "closed";
      throw cause;
    } finally {
      clearTimeout(timer);
      this.#signal.removeEventListener("abort", giveUp);
      watcher.close();
    }
  }
}
