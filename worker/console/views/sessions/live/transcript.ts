import type { MeerkatClient, SessionHistory } from "meerkat-edge";

/** A message as the history tells it. */
export type Message = SessionHistory["messages"][number];

const PAGE = 100;
/** How much of what lies above comes with a message that is scrolled to. */
const ABOVE = 60;

/** The committed messages of a session; those in view are read, a page at a time. */
export class Transcript {
  readonly #client: MeerkatClient;
  readonly #sessionId: string;
  readonly #changed: () => void;
  #messages: (Message | undefined)[] = [];
  #reading: Promise<void> | undefined;
  #problem: unknown;

  constructor(client: MeerkatClient, sessionId: string, changed: () => void) {
    this.#client = client;
    this.#sessionId = sessionId;
    this.#changed = changed;
  }

  /** How many messages there are, read or not. */
  get length(): number {
    return this.#messages.length;
  }

  at(index: number): Message | undefined {
    return this.#messages[index];
  }

  /** Why reading failed last, if it did. */
  get problem(): unknown {
    return this.#problem;
  }

  /** Reads the newest page. @throws what the deployment said, `SESSION_NOT_FOUND` among it */
  async open(): Promise<void> {
    const { messageCount } = await this.#page(0, 1);
    this.#messages.length = messageCount;
    await this.#read(Math.max(0, messageCount - PAGE));
  }

  /** Reads what came since the last known message; a page at a time, until there is no more. */
  async catchUp(): Promise<void> {
    while (await this.#read(this.length));
  }

  /** Forgets messages from a place on, which a rewind took away. */
  cut(length: number): void {
    this.#messages.length = Math.min(this.length, length);
  }

  /** Sees to it that messages are there when they are in view. */
  need(first: number, last: number): void {
    if (this.#reading) return;
    const missing = this.#missing(first, last);
    if (missing === undefined) return;
    this.#reading = this.#read(Math.max(0, missing - ABOVE)).then(
      () => this.#continue(first, last),
      (error: unknown) => {
        this.#reading = undefined;
        this.#problem = error;
        this.#changed();
      },
    );
  }

  /** Reads the page before those that were read last; nothing when all are there. */
  readBack(): void {
    let first = this.length;
    while (first > 0 && this.#messages[first - 1]) first -= 1;
    this.need(Math.max(0, first - PAGE), first - 1);
  }

  /** All messages, for who takes a copy. */
  async all(): Promise<Message[]> {
    for (let index = this.#missing(0, this.length - 1); index !== undefined;) {
      await this.#read(index);
      index = this.#missing(index, this.length - 1);
    }
    return this.#messages.filter((message) => message !== undefined);
  }

  #continue(first: number, last: number): void {
    this.#reading = undefined;
    this.#problem = undefined;
    this.need(first, last);
  }

  #missing(first: number, last: number): number | undefined {
    for (let index = first; index <= Math.min(last, this.length - 1); index += 1) {
      if (!this.#messages[index]) return index;
    }
    return undefined;
  }

  /** @returns whether there is more after what was read */
  async #read(offset: number): Promise<boolean> {
    const page = await this.#page(offset, PAGE);
    this.#messages.length = Math.max(this.length, offset + page.messages.length);
    for (const [index, message] of page.messages.entries()) {
      this.#messages[offset + index] ??= message;
    }
    this.#changed();
    return page.hasMore;
  }

  #page(offset: number, limit: number): Promise<SessionHistory> {
    return this.#client.readSessionHistory(this.#sessionId, { offset, limit });
  }
}
