import type { Connection } from "./connection.ts";
import type { Outcome, RequestId } from "./json-rpc.ts";

type Params = Record<string, unknown>;

interface ToolCall {
  /** Who waits for the answer, and calls it what: another connection after a loss. */
  asker: { connection: Connection; id: RequestId };
  answer?: Outcome;
}

/** How many calls are remembered, should the deployment offer them again. */
const MOST_CALLS = 256;

const nobodyLeft: Outcome = {
  result: { content: "The client that had this tool is gone", is_error: true },
};

/**
 * The deployment's calls of the client's tools. The client hears of each once: what a lost connection
 * had offered is offered again, and gets the answer that may have been lost with it.
 */
export class ToolCalls {
  readonly #show: (id: string, params: Params) => void;
  readonly #calls = new Map<string, ToolCall>();
  readonly #shown = new Map<RequestId, ToolCall>();
  #lastId = 0;
  #isAbandoned = false;

  constructor(show: (id: string, params: Params) => void) {
    this.#show = show;
  }

  offered(id: RequestId, params: Params, connection: Connection): void {
    const asker = { connection, id };
    const { session_id, tool_use_id, name } = params;
    // Some models number their calls per session: the arguments tell such calls apart.
    const key = JSON.stringify([session_id, tool_use_id, name, params.arguments]);
    const earlier = this.#calls.get(key);
    if (this.#isAbandoned) connection.answer(id, nobodyLeft);
    else if (!earlier || (earlier.answer && earlier.asker.connection === connection)) {
      this.#start(key, params, { asker });
    } else {
      earlier.asker = asker;
      if (earlier.answer) connection.answer(id, earlier.answer);
    }
  }

  /** The client's answer. What comes late or twice changes nothing. */
  answered(id: RequestId, outcome: Outcome): void {
    const call = this.#shown.get(id);
    if (!call || call.answer) return;
    this.#shown.delete(id);
    call.answer = outcome;
    call.asker.connection.answer(call.asker.id, outcome);
  }

  /** The client will answer nothing any more: turns must not wait for it. */
  abandon(): void {
    this.#isAbandoned = true;
    for (const id of this.#shown.keys()) this.answered(id, nobodyLeft);
  }

  #start(key: string, params: Params, call: ToolCall): void {
    this.#lastId += 1;
    const id = `srv-${this.#lastId}`;
    this.#calls.set(key, call);
    this.#shown.set(id, call);
    const [oldest] = this.#calls.keys();
    if (oldest !== undefined && this.#calls.size > MOST_CALLS) this.#calls.delete(oldest);
    this.#show(id, params);
  }
}
