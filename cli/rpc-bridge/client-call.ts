import { freshKey } from "../../sdk/fresh-key.ts";
import { isRecord } from "../../sdk/json.ts";
import type { Call } from "./call.ts";
import type { Outcome } from "./json-rpc.ts";

/** Takes what a request of the client's came to. */
export type Reply = (outcome: Outcome) => void;

/** What a client asked for, without the name by which it knows the request. */
export interface Asked {
  method: string;
  params: unknown;
}

/** A request of the client's that one answer settles. Asked again when the answer may have been lost. */
export class ClientCall implements Call {
  readonly #asked: Asked;
  #reply: Reply | undefined;
  #isRepeated = false;
  #isStanding = false;

  constructor(asked: Asked, reply: Reply) {
    this.#asked = asked;
    this.#reply = reply;
  }

  get isStanding(): boolean {
    return this.#isStanding;
  }

  ask(): Asked {
    return this.#asked;
  }

  lost(): void {
    this.#isRepeated = true;
  }

  answered(outcome: Outcome): void {
    const { method } = this.#asked;
    // Tools are known to a connection, so every further one must be told of them.
    if (method === "tools/register" && "result" in outcome) this.#isStanding = true;
    this.#reply?.(this.#isRepeated ? firstAnswer(method, outcome) : outcome);
    this.#reply = undefined;
  }
}

/** A call with a key of its own, so that it counts once however often it is asked. */
export function keyed({ method, params }: Asked): Asked {
  if (!isRecord(params) || (params.idempotency_key ?? undefined) !== undefined) {
    return { method, params };
  }
  return { method, params: { ...params, idempotency_key: freshKey() } };
}

/** What the first try of a repeated call would have been answered, as far as that can be told. */
function firstAnswer(method: string, outcome: Outcome): Outcome {
  if ("error" in outcome) {
    const { data } = outcome.error;
    const isGone = isRecord(data) && data.code === "SESSION_NOT_FOUND";
    return method === "session/archive" && isGone ? { result: { archived: true } } : outcome;
  }
  const { result } = outcome;
  if (!isRecord(result)) return outcome;
  if (result.status === "duplicate") return { result: { ...result, status: "applied" } };
  if (result.outcome_type !== "deduplicated") return outcome;
  return { result: { ...result, outcome_type: "accepted" } };
}
