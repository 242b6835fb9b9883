import { camel } from "./casing.ts";
import type { OperationOptions } from "./client-options.ts";
import type { OutputOf } from "./contract/index.ts";
import { freshKey } from "./fresh-key.ts";
import type { Link } from "./link.ts";
import { readIds, type RewindResult } from "./results.ts";

/** Where a session forks, and how the new one differs. */
export interface ForkOptions extends OperationOptions {
  /** How many messages to take; all that are committed, unless given. */
  at?: number | undefined;
  /** In place of the source's labels. */
  labels?: Record<string, string> | undefined;
}

/** How much is undone. */
export interface RewindOptions extends OperationOptions {
  /** 1 unless given. */
  turns?: number | undefined;
}

/** Makes a new session out of one's transcript. @returns its ids */
export async function forkSession(
  link: Link,
  session_id: string,
  { signal, idempotencyKey: idempotency_key = freshKey(), at, labels }: ForkOptions,
): Promise<{ id: string; ref: string | undefined }> {
  const place = at === undefined ? {} : { at };
  const params = { session_id, ...place, ...(labels && { labels }), idempotency_key };
  return readIds(await link.call("session/fork_at", params, signal));
}

/** Undoes a session's newest turns. */
export async function rewindSession(
  link: Link,
  session_id: string,
  { signal, idempotencyKey: idempotency_key = freshKey(), turns = 1 }: RewindOptions,
): Promise<RewindResult> {
  const params = { session_id, turns, idempotency_key };
  // The operation's output in the contract, which the deployment's tests hold it to.
  return camel((await link.call("session/rewind", params, signal)) as OutputOf<"session/rewind">);
}
