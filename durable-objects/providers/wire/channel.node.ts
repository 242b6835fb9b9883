import type { RecordedRequest, Reply, Script } from "./script.ts";

interface Waiter {
  ready: () => boolean;
  resolve: () => void;
}

/** One request and how far its reply has come. */
interface Exchange {
  request: RecordedRequest;
  /** The reply has ended, or the client has left. */
  over: boolean;
}

/** Everything the server knows under one key: what it will say, what it was asked, which gates are open. */
export class Channel {
  readonly #exchanges: Exchange[] = [];
  readonly #gates = new Set<string>();
  readonly #replies: Reply[];
  readonly #repeat: boolean;
  #waiters: Waiter[] = [];

  constructor(script: Script) {
    this.#replies = [...script.replies];
    this.#repeat = script.repeat ?? false;
  }

  nextReply(): Reply {
    const [next, ...rest] = this.#replies;
    if (!next) return { status: 500, chunks: [{ data: "script exhausted" }] };
    if (rest.length > 0 || !this.#repeat) this.#replies.shift();
    return next;
  }

  record(request: RecordedRequest): Exchange {
    const exchange = { request, over: false };
    this.#exchanges.push(exchange);
    this.#wake();
    return exchange;
  }

  finish(exchange: Exchange, aborted: boolean): void {
    exchange.over = true;
    exchange.request.aborted = aborted;
    this.#wake();
  }

  async requests(wait: string | null): Promise<RecordedRequest[]> {
    if (wait === "aborted") await this.#until(() => this.#exchanges.at(-1)?.over ?? false);
    else if (wait) await this.#until(() => this.#exchanges.length >= Number(wait));
    return this.#exchanges.map(({ request }) => request);
  }

  openGate(name: string): void {
    this.#gates.add(name);
    this.#wake();
  }

  gate(name: string): Promise<void> {
    return this.#until(() => this.#gates.has(name));
  }

  #until(ready: () => boolean): Promise<void> {
    if (ready()) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ ready, resolve }));
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = waiters.filter(({ ready }) => !ready());
    for (const waiter of waiters) if (!this.#waiters.includes(waiter)) waiter.resolve();
  }
}
