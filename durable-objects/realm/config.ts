import {
  AppError,
  type ConfigChange,
  type ConfigDocument,
  type ConfigEnvelope,
  type ConfigHistory as History,
  ineffectiveKeys,
  withRealNames,
} from "../../sdk/contract/index.ts";
import { changedKeys } from "./changed-keys.ts";
import { checkedConfig } from "./config-check.ts";
import type { ConfigHistory } from "./config-history.ts";
import type { ConfigVault } from "./config-vault.ts";
import { mergePatch } from "./merge-patch.ts";
import type { RealmRecord } from "./realm-record.ts";
import { redacted, withSecrets } from "./secrets.ts";
import { reachable } from "./upstreams.ts";

type Json = Record<string, unknown>;

/** A write as its caller wants it. */
interface Write {
  action: ConfigChange["action"];
  expected: number | undefined;
  actor: string;
  restored?: number;
}

interface Surroundings {
  /** The deployment's. */
  env: object;
  vault: ConfigVault;
  history: ConfigHistory;
  /** Hears of every write. */
  onChange: () => void;
}

interface HistoryChoice {
  generation?: number | undefined;
  limit?: number | undefined;
}

// Whoever writes without being a caller: the deployment itself.
const OURSELVES = "deployment";

/** The realm's config document, its generation (contract 8), and how it came to be. */
export class Config {
  readonly #record: RealmRecord;
  readonly #env: object;
  readonly #vault: ConfigVault;
  readonly #history: ConfigHistory;
  readonly #onChange: () => void;

  constructor(record: RealmRecord, { env, vault, history, onChange }: Surroundings) {
    this.#record = record;
    this.#env = env;
    this.#vault = vault;
    this.#history = history;
    this.#onChange = onChange;
  }

  /** The config for work in the realm, without its secrets; asking does not create it. @throws {AppError} `REALM_DELETING` */
  inUse(): { config: ConfigDocument } {
    const { config = {} } = this.#record.inUse() ?? {};
    return { config: withSecrets(config, {}).value as ConfigDocument };
  }

  /** The config as anyone may see it; a realm that nobody used yet has the defaults. */
  read(): ConfigEnvelope {
    const { config = {}, generation = 0 } = this.#record.find() ?? {};
    const { realmId, instanceId, backend } = this.#record.manifest;
    const ineffective = ineffectiveKeys(config);
    return {
      // An object stays an object.
      config: redacted(config) as Json,
      generation,
      realm_id: realmId,
      instance_id: instanceId,
      backend,
      ...(ineffective.length > 0 && { ineffective_keys: ineffective }),
    };
  }

  /** Replaces the config; null stands for a default, as in a patch. @throws {AppError} see `checkedConfig`; for another generation `INVALID_PARAMS` */
  set(config: object, expected?: number, actor = OURSELVES): Promise<ConfigEnvelope> {
    return this.#write({ action: "set", expected, actor }, () => named(config, {}));
  }

  /** Merges a patch into the config (RFC 7396). @throws {AppError} like `set` */
  patch(patch: object, expected?: number, actor = OURSELVES): Promise<ConfigEnvelope> {
    return this.#write({ action: "patch", expected, actor }, (current) => named(patch, current));
  }

  /**
   * Writes the document of an older generation again. Secrets are not kept with it: the present ones
   * stay, and what has none any more is left out and told as `lost_secrets`.
   * @throws {AppError} `INVALID_PARAMS` for a generation that is not kept, and like `set`
   */
  async restore(generation: number, expected?: number, actor = OURSELVES): Promise<ConfigEnvelope> {
    if (!this.#record.exists) throw notKept(generation);
    const write: Write = { action: "restore", expected, actor, restored: generation };
    return this.#write(write, () => this.#kept(generation).config);
  }

  /** The last changes; with a generation that one alone, and its document. @throws {AppError} like `restore` */
  history({ generation, limit }: HistoryChoice): History {
    if (!this.#record.exists) {
      if (generation !== undefined) throw notKept(generation);
      return { history: [], generation: 0 };
    }
    const found = generation === undefined ? this.#history.list(limit) : [this.#kept(generation)];
    return { history: found, generation: this.#record.find()?.generation ?? 0 };
  }

  /** Computes a write and makes it, from anew if another one came between: sealing takes a while. */
  async #write(write: Write, change: (current: ConfigDocument) => Json): Promise<ConfigEnvelope> {
    for (;;) {
      const stored = this.#record.open();
      const { expected } = write;
      const { generation } = stored;
      if (expected !== undefined && expected !== generation) throw conflict(expected, generation);
      const before = await this.#vault.opened(stored);
      const { value, lost } = withSecrets(change(stored.config), before);
      if (lost.length > 0 && write.action !== "restore") throw unknownSecrets(lost);
      const config = reachable(checkedConfig(value as Json), this.#env);
      const next = await this.#vault.sealed(config);
      if (this.#record.open().generation !== generation) continue;
      this.#record.writeConfig(next, generation + 1);
      this.#noted(write, generation + 1, { changedKeys: changedKeys(before, config), config });
      return { ...this.read(), ...(lost.length > 0 && { lost_secrets: lost }) };
    }
  }

  #noted(
    { actor, action, restored }: Write,
    generation: number,
    { changedKeys: keys, config }: { changedKeys: string[]; config: ConfigDocument },
  ): void {
    const shown = redacted(config);
    this.#history.add({ generation, actor, action, restored, changedKeys: keys, config: shown });
    this.#onChange();
  }

  #kept(generation: number): ConfigChange & { config: Json } {
    const found = this.#history.find(generation);
    // What counted as a secret when it was noted may have been less. An object stays an object.
    if (found) return { ...found, config: redacted(found.config) as Json };
    throw notKept(generation, this.#history.kept);
  }
}

/** A document or patch under the keys' real names, merged into what is there. */
function named(change: object, current: ConfigDocument): Json {
  // An object merged into an object is one.
  return mergePatch(current, withRealNames({ ...change })) as Json;
}

function conflict(expected: number, current: number): AppError {
  const message = `Generation conflict: expected ${expected}, current ${current}`;
  return new AppError("INVALID_PARAMS", message, {
    type: "generation_conflict",
    expected_generation: expected,
    current_generation: current,
  });
}

function notKept(generation: number, kept?: { oldest: number; newest: number }): AppError {
  const range = kept ? `${kept.oldest} to ${kept.newest} are` : "none is";
  const message = `Generation ${generation} of the config is not kept: ${range}`;
  return new AppError("INVALID_PARAMS", message, { generation, ...kept });
}

function unknownSecrets(keys: readonly string[]): AppError {
  const message = `Invalid config: ${keys[0]}: '[redacted]' keeps a secret, and there is none here: give its value`;
  return new AppError("INVALID_PARAMS", message, { key: keys[0], keys });
}
