import { AppError } from "../sdk/contract/index.ts";
import type { Caller } from "./call.ts";
import { stillStands } from "./token-grants.ts";

const CHECK_MS = 15_000;

/** Looks every 15 seconds whether the access still stands that something long was begun with. */
export class AccessWatch {
  /** Rejects with `UNAUTHORIZED` once it does not; never resolves. */
  readonly ended: Promise<never>;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(caller: Caller) {
    const { promise, reject } = Promise.withResolvers<never>();
    this.ended = promise;
    // Nobody may be waiting for it when it comes.
    promise.catch(() => undefined);
    const check = async () => {
      // What cannot be looked up now is looked up the next time.
      if (!(await stillStands(caller).catch(() => true))) reject(accessEnded());
    };
    this.#timer = setInterval(() => void check(), CHECK_MS);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

/** What is told to whoever was let in and may not go on. */
function accessEnded(): AppError {
  return new AppError("UNAUTHORIZED", "The access that this was begun with has ended");
}
