import type { NetworkOptions } from "./network-transport.ts";
import type { Transport } from "./transport.ts";

/** Where to connect, and how persistently. */
export interface ConnectOptions extends NetworkOptions {
  /** How often in a row a lost connection is tried again, with pauses up to 5 s; 8 when left out. */
  reconnectAttempts?: number | undefined;
  /** Told before each such try, with its number since the connection was last well. */
  onReconnect?: ((attempt: number) => void) | undefined;
  /** `false` connects without asking what the deployment can do, for a client of few calls; `capabilities` stays empty. */
  capabilities?: false | undefined;
  /** Another way to the deployment than the network. */
  transport?: Transport | undefined;
  /** Ends the connecting; an open client is ended by `close`. */
  signal?: AbortSignal | undefined;
}

/** What any operation can be told beside its members. */
export interface OperationOptions {
  signal?: AbortSignal | undefined;
  /** Names the request: repeating it with the same key does nothing more. */
  idempotencyKey?: string | undefined;
}

/** Which sessions are listed. */
export interface ListOptions {
  /** Only sessions that carry all of these. */
  labels?: Record<string, string> | undefined;
  limit?: number | undefined;
  offset?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** How the config is written. */
export interface WriteOptions {
  /** Refuse the write when the config has another generation by now. */
  expectedGeneration?: number | undefined;
  signal?: AbortSignal | undefined;
}
