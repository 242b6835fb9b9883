import { freshKey } from "./fresh-key.ts";
import { type Camel, snake } from "./casing.ts";
import type { Content, ParamsOf } from "./contract/index.ts";
import { EventStream } from "./event-stream.ts";
import type { Link } from "./link.ts";
import { readRunResult, type RunResult } from "./results.ts";
import { type TurnCall, TurnFeed } from "./turn-feed.ts";

/** What a user says: text, or blocks of text and images. */
export type Prompt = Content | Camel<Content>;

/** What any turn can be told beside its prompt. */
export interface CallOptions {
  /** Ends the waiting, and by default the turn with it. */
  signal?: AbortSignal | undefined;
  /** Whether aborting `signal` interrupts the turn; true unless said otherwise. */
  interruptOnAbort?: boolean | undefined;
  /** Names the request: another one with the same key joins its turn. Made up when left out. */
  idempotencyKey?: string | undefined;
}

/** Options of a first turn and its session: the members of `session/create`, in camelCase. */
export type SessionOptions = Camel<
  Omit<ParamsOf<"session/create">, "prompt" | "initial_turn" | "idempotency_key">
> &
  CallOptions;

/** Options of a further turn: the members of `turn/start`, in camelCase. */
export type TurnOptions = Camel<
  Omit<ParamsOf<"turn/start">, "prompt" | "session_id" | "idempotency_key">
> &
  CallOptions;

/** The call for a turn; `fixed` are the members that options cannot change. */
export function turnCall(
  method: TurnCall["method"],
  fixed: { session_id?: string; initial_turn?: "deferred"; prompt?: Prompt | undefined },
  options: SessionOptions | TurnOptions,
  after = 0,
): TurnCall {
  const { signal, interruptOnAbort = true, idempotencyKey, ...members } = options;
  const idempotency_key = idempotencyKey ?? freshKey();
  const params = snake({ ...members, ...fixed, idempotency_key });
  return { method, params, after, signal, interruptOnAbort };
}

/**
 * Runs a turn and waits for its result.
 * @throws {MeerkatError} the failure of the turn, such as `SESSION_BUSY` or `PROVIDER_ERROR`.
 */
export async function runTurn(link: Link, call: TurnCall): Promise<RunResult> {
  // To interrupt a turn its session must be known, which a create learns from the first event.
  if (call.signal) return new EventStream(new TurnFeed(link, call)).collect();
  return readRunResult(await link.call(call.method, call.params));
}
