import { AppError } from "../../sdk/contract/index.ts";
import type { IntakeStorage, KnownRequest } from "./intake-storage.ts";

interface Keyed {
  idempotency_key?: string | null | undefined;
}

/** What was asked under a key runs once: asked again, it is met again (design I-11). */
export class RequestKeys {
  readonly #storage: IntakeStorage;

  constructor(storage: IntakeStorage) {
    this.#storage = storage;
  }

  knows({ idempotency_key: key }: Keyed): boolean {
    return Boolean(key && this.#storage.request(key));
  }

  /** The earlier request under the same key. @throws {AppError} `CONFLICT` if it asked for something else */
  repeat({ idempotency_key: key }: Keyed, hash: string) {
    const known = key ? this.#storage.request(key) : undefined;
    if (!known) return undefined;
    if (known.hash === hash) return { ...known, isRepeat: true };
    throw new AppError("CONFLICT", "The idempotency key was used for another request", {
      reason: "idempotency_key_reused",
    });
  }

  /** Part of the transaction that does what was asked. */
  remember({ idempotency_key: key }: Keyed, facts: Omit<KnownRequest, "key">): void {
    if (key) this.#storage.remember({ key, ...facts });
  }
}
