import { type ConfigDocument, toAppError } from "../../sdk/contract/index.ts";
import type { Access } from "../providers/realm-keys.ts";
import type { TurnContext } from "../realm/credentials.ts";

/** What a turn needs of its realm: how it is configured, and what it may call models with. */
export interface RealmInUse {
  config: ConfigDocument;
  /** Holds plain keys: for memory only. */
  access: Access;
}

/** What the realm said, with what the deployment has. */
export function inUse({ config, keys }: TurnContext, env: object): RealmInUse {
  return { config, access: { env, keys } };
}

/** The realm could not be asked for what a run needs; nothing is wrong with the run itself. */
export class RealmUnreachable extends Error {
  override name = "RealmUnreachable";
}

/**
 * What the run that goes on calls models with, in memory and nowhere else. A run keeps what it began
 * with; after a crash nothing is left of it, and the realm is asked again.
 */
export class RunAccess {
  readonly #ask: () => Promise<RealmInUse>;
  #held: { runId: string; access: Access } | undefined;

  constructor(ask: () => Promise<RealmInUse>) {
    this.#ask = ask;
  }

  hold(runId: string, access: Access): void {
    this.#held = { runId, access };
  }

  /** Forgets the keys: no run needs them. */
  release(): void {
    this.#held = undefined;
  }

  /** For the run that goes on. @throws {RealmUnreachable} */
  async of(runId: string): Promise<Access> {
    const access = await this.once(runId);
    this.hold(runId, access);
    return access;
  }

  /** For a last call on behalf of a run that is over. @throws {RealmUnreachable} */
  async once(runId: string): Promise<Access> {
    return this.#held?.runId === runId ? this.#held.access : (await this.#asked()).access;
  }

  async #asked(): Promise<RealmInUse> {
    try {
      // A deploy or a crash that took the session took its realm, too: the first call may meet that.
      return await this.#ask().catch(() => this.#ask());
    } catch (cause) {
      const known = toAppError(cause);
      if (known.code !== "INTERNAL_ERROR") throw known;
      throw new RealmUnreachable("the realm does not answer", { cause });
    }
  }
}
