import type { ToolAnswer } from "../../sdk/contract/index.ts";
import { fingerprint } from "./fingerprint.ts";
import type { IntakeStorage } from "./intake-storage.ts";
import { RequestKeys } from "./request-keys.ts";
import type { Runs } from "./runs.ts";

/** What clients bring back from the tools that they run; under a key it counts once (design I-11). */
export class Answers {
  readonly #runs: Runs;
  readonly #keys: RequestKeys;

  constructor(runs: Runs, storage: IntakeStorage) {
    this.#runs = runs;
    this.#keys = new RequestKeys(storage);
  }

  /**
   * Carries the waiting run on, or finds the one that the same answers carried on before.
   * @throws {AppError} `CONFLICT` for other answers under a known key, and what `Runs.answer` throws
   */
  async take(
    answers: readonly ToolAnswer[],
    idempotency_key: string | null | undefined,
  ): Promise<{ runId: string; firstSeq: number }> {
    const hash = await fingerprint({ tool_results: answers });
    this.#runs.recover();
    const known = this.#keys.repeat({ idempotency_key }, hash);
    if (known) return { runId: known.runId, firstSeq: known.firstSeq };
    return this.#runs.answer(answers, (run) =>
      this.#keys.remember({ idempotency_key }, { hash, ...run }),
    );
  }
}
