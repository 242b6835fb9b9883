/** Waits for one item at a time, with a single timer for the whole stream: items arrive too often to arm one each. */
export class Patience<T> {
  /** It was waited for too long, and the controller is aborted for it. */
  expired = false;
  readonly #idleMs: number;
  readonly #controller: AbortController;
  #timer: ReturnType<typeof setTimeout>;
  #waitingSince: number | undefined;
  #release: () => void = () => {};

  constructor(idleMs: number, controller: AbortController) {
    this.#idleMs = idleMs;
    this.#controller = controller;
    this.#timer = setTimeout(this.#check, idleMs);
    controller.signal.addEventListener("abort", this.#onAbort);
  }

  /** The next item, or nothing once the controller is aborted, whatever the source does. */
  async next(iterator: AsyncIterator<T>): Promise<IteratorResult<T> | undefined> {
    this.#waitingSince = Date.now();
    const step = await new Promise<IteratorResult<T> | undefined>((resolve, reject) => {
      this.#release = () => resolve(undefined);
      iterator.next().then(resolve, reject);
    });
    this.#waitingSince = undefined;
    return step;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#controller.signal.removeEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = (): void => this.#release();

  readonly #check = (): void => {
    const waited = this.#waitingSince === undefined ? 0 : Date.now() - this.#waitingSince;
    if (waited < this.#idleMs) {
      this.#timer = setTimeout(this.#check, this.#idleMs - waited);
    } else {
      this.expired = true;
      this.#controller.abort();
    }
  };
}
