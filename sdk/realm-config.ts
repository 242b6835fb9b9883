import { type Camel, camel, snake } from "./casing.ts";
import type { WriteOptions } from "./client-options.ts";
import type {
  ConfigEnvelope as WireConfigEnvelope,
  ConfigHistory as WireConfigHistory,
} from "./contract/index.ts";
import type { Link } from "./link.ts";

/** A realm's config with its generation; the document itself keeps its own keys. */
export type ConfigEnvelope = Camel<WireConfigEnvelope>;

/** Who changed which keys of the config, newest first, and the present generation. */
export type ConfigHistory = Camel<WireConfigHistory>;

/** Which changes are listed. */
export interface ConfigHistoryOptions {
  /** Only this one, with its document. */
  generation?: number | undefined;
  /** At most 50, which is all that are kept. */
  limit?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** The part of the client that is about the realm's config. */
export abstract class RealmConfig {
  /** The connection. @throws {MeerkatError} when there is none */
  protected abstract get link(): Link;

  /** The realm's config document and its generation. */
  getConfig(): Promise<ConfigEnvelope> {
    return callConfig(this.link, "config/get", {});
  }

  /**
   * Replaces the config.
   * @throws {MeerkatError} `INVALID_PARAMS` for a value that a key does not take, and for another
   * generation, with `type`, `expected_generation` and `current_generation` as `details`;
   * `PAYLOAD_TOO_LARGE` over 256 KiB.
   */
  setConfig(config: Record<string, unknown>, options: WriteOptions = {}): Promise<ConfigEnvelope> {
    return callConfig(this.link, "config/set", { config }, options);
  }

  /** Merges into the config; null deletes. @throws {MeerkatError} as `setConfig`. */
  patchConfig(patch: Record<string, unknown>, options: WriteOptions = {}): Promise<ConfigEnvelope> {
    return callConfig(this.link, "config/patch", { patch }, options);
  }

  /** Who changed which keys and when. @throws {MeerkatError} `INVALID_PARAMS` for a generation that is not kept. */
  configHistory({ signal, ...choice }: ConfigHistoryOptions = {}): Promise<ConfigHistory> {
    return this.link.call("config/history", snake(choice), signal).then(
      // See `callConfig`.
      (history) => camel(history) as ConfigHistory,
    );
  }

  /** Writes an older generation's document again, as a new one. @throws {MeerkatError} as `setConfig`. */
  restoreConfig(generation: number, options: WriteOptions = {}): Promise<ConfigEnvelope> {
    return callConfig(this.link, "config/restore", { generation }, options);
  }
}

/** Reads or writes the config; `body` holds the document, what is merged into it, or which one comes back. */
async function callConfig(
  link: Link,
  method: "config/get" | "config/set" | "config/patch" | "config/restore",
  body: object,
  { expectedGeneration, signal }: WriteOptions = {},
): Promise<ConfigEnvelope> {
  const params = snake({ ...body, expectedGeneration });
  const envelope = await link.call(method, params, signal);
  // The operation's output in the contract, which the deployment's tests hold it to.
  return camel(envelope) as ConfigEnvelope;
}
