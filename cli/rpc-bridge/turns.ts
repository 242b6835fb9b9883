import { isRecord } from "../../sdk/json.ts";
import type { Asked, Reply } from "./client-call.ts";
import { forOfficialSdks } from "./event-dialect.ts";
import type { Outcome } from "./json-rpc.ts";
import type { Link } from "./link.ts";
import type { DeploymentStreams } from "./stream-call.ts";
import { TurnCall } from "./turn-call.ts";

type Params = Record<string, unknown>;

/** What of a session was told while turns of the client's ran in it. */
interface Told {
  seqs: Set<number>;
  last: number;
  /** The run that is told now was not started by the client. */
  isForeign: boolean;
}

/** The turns that the client waits for, and their events: each told once, before its turn's answer. */
export class Turns {
  readonly #link: Link;
  readonly #streams: DeploymentStreams;
  readonly #show: (sessionId: string, event: Params) => void;
  readonly #turns = new Set<TurnCall>();
  readonly #told = new Map<string, Told>();

  constructor(
    link: Link,
    streams: DeploymentStreams,
    show: (sessionId: string, event: Params) => void,
  ) {
    this.#link = link;
    this.#streams = streams;
    this.#show = show;
  }

  start(asked: Asked, reply: Reply): TurnCall {
    const turn = new TurnCall(
      asked,
      {
        link: this.#link,
        streams: this.#streams,
        tell: (sessionId, event) => this.tell(sessionId, event),
        cursor: (of) => this.#cursor(of),
        done: (of, outcome) => this.#done(of, outcome),
      },
      reply,
    );
    this.#turns.add(turn);
    this.#link.add(turn);
    return turn;
  }

  /** An event of a turn, from whichever connection. */
  tell(sessionId: string, event: Params): void {
    const { seq } = event;
    const isNew = !this.#told.has(sessionId);
    const told = this.#told.get(sessionId) ?? { seqs: new Set(), last: 0, isForeign: false };
    this.#told.set(sessionId, told);
    if (typeof seq !== "number" || told.seqs.has(seq)) return;
    told.seqs.add(seq);
    told.last = Math.max(told.last, seq);

    const payload = isRecord(event.payload) ? event.payload : event;
    const { type, run_id } = payload;
    if (type === "run_started") {
      const begun = { sessionId, runId: run_id, seq };
      told.isForeign = !this.#begin(begun, isNew);
    }
    if (told.isForeign) return;
    const shown = forOfficialSdks(event);
    if (shown) this.#show(sessionId, shown);
    if (type !== "run_completed" && type !== "run_failed") return;
    for (const turn of this.#turns) turn.runEnded(run_id);
  }

  /** Finds whose run begins. Of several creates none can be told apart: they are just asked again after a loss. */
  #begin(
    { sessionId, runId, seq }: { sessionId: string; runId: unknown; seq: number },
    isNew: boolean,
  ): boolean {
    const waiting = [...this.#turns].filter(({ hasBegun }) => !hasBegun);
    const creates = isNew ? waiting.filter((turn) => turn.sessionId === undefined) : [];
    const own = waiting.find((turn) => turn.sessionId === sessionId);
    const [create, ...others] = creates;
    const owner = own ?? (others.length === 0 ? create : undefined);
    owner?.begin(sessionId, runId, seq);
    return owner !== undefined || creates.length > 0;
  }

  /** After the last event told; where two turns tell at once, the earlier one may be behind. */
  #cursor(turn: TurnCall): number {
    const { sessionId = "" } = turn;
    const isAlone = [...this.#turns].every(
      (other) => other === turn || other.sessionId !== sessionId,
    );
    return isAlone ? (this.#told.get(sessionId)?.last ?? turn.start) : turn.start;
  }

  #done(turn: TurnCall, outcome: Outcome): void {
    this.#turns.delete(turn);
    const facts = "result" in outcome ? outcome.result : outcome.error.data;
    const named = isRecord(facts) ? String(facts.session_id) : "";
    const sessionId = turn.sessionId ?? named;
    if ([...this.#turns].every((other) => other.sessionId !== sessionId)) {
      this.#told.delete(sessionId);
    }
  }
}
