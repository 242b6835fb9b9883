// After a failure, and where nothing moved: the platform itself would soon give up on an alarm that fails.
const PAUSE_MS = 30_000;

/** Something that a realm does by itself, in bounded steps that may be repeated after a crash. */
export interface Chore {
  /** Unix milliseconds of its next step; nothing when there is nothing to do. */
  dueAt(): number | undefined;
  /** @returns whether it got on; if not, the next step comes after a pause */
  step(): Promise<boolean>;
}

/** The realm's one alarm. It is set only while some chore has something to do: an idle realm costs nothing. */
export class Upkeep {
  readonly #ctx: DurableObjectState;
  #chores: readonly Chore[] = [];
  #pausedUntil = 0;
  #running: Promise<void> | undefined;

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  /** Takes what there is to do. */
  take(...chores: readonly Chore[]): void {
    this.#chores = chores;
  }

  /** Something may have become due. */
  arm(): void {
    this.#ctx.waitUntil(this.#arm());
  }

  /** What the alarm does: one step of each chore that is due. Steps never overlap. */
  run(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    for (const chore of this.#chores) {
      if ((chore.dueAt() ?? Infinity) > Date.now()) continue;
      if (!(await tried(chore))) this.#pausedUntil = Date.now() + PAUSE_MS;
    }
    await this.#arm();
  }

  async #arm(): Promise<void> {
    const dueAt = Math.min(...this.#chores.map((chore) => chore.dueAt() ?? Infinity));
    if (dueAt === Infinity) return;
    const at = Math.max(dueAt, this.#pausedUntil, Date.now());
    const set = await this.#ctx.storage.getAlarm();
    // An alarm that comes earlier does as well: it sets the next one.
    if (set === null || set > at) await this.#ctx.storage.setAlarm(at);
  }
}

async function tried(chore: Chore): Promise<boolean> {
  try {
    return await chore.step();
  } catch (cause) {
    console.error("a chore of the realm failed and will be tried again", cause);
    return false;
  }
}
