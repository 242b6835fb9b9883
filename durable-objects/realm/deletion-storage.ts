/** A deletion under way, as its table holds it. */
export type DeletionJob = {
  phase: "erasing" | "verifying";
  /** The last session of the present walk that is done. */
  cursor: string;
  /** Whether this walk met a session that was not empty, so that another must follow. */
  is_dirty: number;
  total: number;
  erased: number;
  verified: number;
  /** Unix milliseconds. */
  started_at: number;
};

/** What one batch adds. */
interface Progress {
  erased: number;
  verified?: number;
  isDirty?: boolean;
}

/** The statements of the realm's deletion. */
export class DeletionStorage {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
  }

  begin(total: number): void {
    this.#sql.exec(
      "INSERT INTO deletion (id, phase, total, started_at) VALUES (1, 'erasing', ?, ?)",
      total,
      Date.now(),
    );
  }

  find(): DeletionJob | undefined {
    const [job] = this.#sql.exec<DeletionJob>("SELECT * FROM deletion").toArray();
    return job;
  }

  /** Commits a batch: what it did, and that the walk is past it. */
  advance(cursor: string, work: () => Progress): void {
    this.#storage.transactionSync(() => {
      const { erased, verified = 0, isDirty = false } = work();
      this.#sql.exec(
        `UPDATE deletion SET cursor = ?, erased = erased + ?, verified = verified + ?,
           is_dirty = max(is_dirty, ?)`,
        cursor,
        erased,
        verified,
        Number(isDirty),
      );
    });
  }

  verifyFromStart(): void {
    this.#sql.exec(
      "UPDATE deletion SET phase = 'verifying', cursor = '', verified = 0, is_dirty = 0",
    );
  }
}
