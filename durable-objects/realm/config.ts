import {
  AppError,
  ConfigDocument,
  type ConfigEnvelope,
  withRealNames,
} from "../../sdk/contract/index.ts";
import { mergePatch } from "./merge-patch.ts";
import type { RealmRecord } from "./realm-record.ts";
import { redacted, withSecrets } from "./secrets.ts";
import { reachable } from "./upstreams.ts";

/** The realm's config document and its generation (contract 8). */
export class Config {
  readonly #record: RealmRecord;
  readonly #env: object;
  readonly #onChange: () => void;

  /** `env` is the deployment's; `onChange` hears of every write. */
  constructor(record: RealmRecord, env: object, onChange: () => void) {
    this.#record = record;
    this.#env = env;
    this.#onChange = onChange;
  }

  /** What a turn needs of its realm, secrets and all; asking does not create it. @throws {AppError} `REALM_DELETING` */
  inUse(): { config: ConfigDocument; generation: number } {
    const { config = {}, generation = 0 } = this.#record.inUse() ?? {};
    return { config, generation };
  }

  /** The config as anyone may see it; a realm that nobody used yet has the defaults. */
  read(): ConfigEnvelope {
    const { config = {}, generation = 0 } = this.#record.find() ?? {};
    const { realmId, instanceId, backend } = this.#record.manifest;
    return {
      // An object stays an object.
      config: redacted(config) as ConfigEnvelope["config"],
      generation,
      realm_id: realmId,
      instance_id: instanceId,
      backend,
    };
  }

  /** Replaces the config. @throws {AppError} `INVALID_PARAMS` for a bad value or another generation */
  set(config: object, expected: number | undefined): ConfigEnvelope {
    return this.#write(expected, () => config);
  }

  /** Merges a patch into the config (RFC 7396). @throws {AppError} like `set` */
  patch(patch: object, expected: number | undefined): ConfigEnvelope {
    return this.#write(expected, (current) => mergePatch(current, withRealNames({ ...patch })));
  }

  #write(
    expected: number | undefined,
    change: (current: ConfigDocument) => unknown,
  ): ConfigEnvelope {
    const { config, generation } = this.#record.open();
    if (expected !== undefined && expected !== generation) {
      const message = `Generation conflict: expected ${expected}, current ${generation}`;
      throw new AppError("INVALID_PARAMS", message, {
        type: "generation_conflict",
        expected_generation: expected,
        current_generation: generation,
      });
    }
    const changed = withSecrets(change(config), config);
    const checked = reachable(checkedConfig(changed), this.#env);
    this.#record.writeConfig(checked, generation + 1);
    this.#onChange();
    return this.read();
  }
}

function checkedConfig(document: unknown): ConfigDocument {
  const named =
    typeof document === "object" && document !== null ? withRealNames({ ...document }) : {};
  const checked = ConfigDocument.safeParse(named);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const key = issue?.path.join(".") ?? "";
  throw new AppError("INVALID_PARAMS", `Invalid config: ${key}: ${issue?.message}`, { key });
}
