import type { StoredMessage } from "../providers/provider.ts";
import { fingerprint } from "./fingerprint.ts";
import type { IntakeStorage } from "./intake-storage.ts";
import type { Journal } from "./journal.ts";
import { RequestKeys } from "./request-keys.ts";
import { present } from "./view.ts";

/** What the model is to see at its next call although nobody asked for a turn (contract 2.6). */
export class Notes {
  readonly #journal: Journal;
  readonly #storage: IntakeStorage;
  readonly #keys: RequestKeys;

  constructor(journal: Journal, storage: IntakeStorage) {
    this.#journal = journal;
    this.#storage = storage;
    this.#keys = new RequestKeys(storage);
  }

  /** Keeps a message for the model's next call; one under a known key is not kept twice. */
  async add(
    message: StoredMessage,
    idempotency_key: string | null | undefined,
    applyNow: boolean,
  ): Promise<"applied" | "staged" | "duplicate"> {
    const { created_at: _at, ...content } = message;
    const hash = await fingerprint(content);
    const { state } = present(this.#journal);
    if (this.#keys.repeat({ idempotency_key }, hash)) return "duplicate";
    const remember = () =>
      this.#keys.remember({ idempotency_key }, { hash, runId: "", firstSeq: 0 });
    if (applyNow && !state.run) {
      this.#journal.commit({ messages: [message], also: remember });
      return "applied";
    }
    this.#journal.commit({
      state: () => ({ inputCount: (state.inputCount ?? 0) + 1 }),
      also: () => {
        remember();
        this.#storage.addInput(message);
      },
    });
    return "staged";
  }
}
