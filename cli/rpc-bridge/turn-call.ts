import { isRecord } from "../../sdk/json.ts";
import type { Call } from "./call.ts";
import { type Asked, ClientCall, keyed, type Reply } from "./client-call.ts";
import type { Outcome } from "./json-rpc.ts";
import type { Link } from "./link.ts";
import { type DeploymentStreams, StreamCall, type StreamOwner } from "./stream-call.ts";

type Params = Record<string, unknown>;

/** What a turn needs of the bridge around it. */
export interface TurnSurroundings {
  link: Link;
  streams: DeploymentStreams;
  /** Tells the client an event of the session, unless it was told before. */
  tell(sessionId: string, event: Params): void;
  /** The place in the session's log from where this turn is to be followed. */
  cursor(turn: TurnCall): number;
  done(turn: TurnCall, outcome: Outcome): void;
}

/**
 * A request that runs a turn. While its connection lasts, its events come with it. When that is lost
 * the turn goes on at the deployment: the rest comes from the session's log, then its result.
 */
export class TurnCall implements Call, StreamOwner {
  readonly #asked: Asked;
  readonly #around: TurnSurroundings;
  readonly #reply: Reply;
  #sessionId: string | undefined;
  #run: { id: unknown; after: number } | undefined;
  /** All its events were told. */
  #isOver = false;
  #isCancelled = false;
  #follow: StreamCall | undefined;
  #held: Outcome | undefined;

  constructor(asked: Asked, around: TurnSurroundings, reply: Reply) {
    this.#asked = keyed(asked);
    this.#around = around;
    this.#reply = reply;
    this.#sessionId = sessionOf(asked);
  }

  /** Unknown for a create until its first event. */
  get sessionId(): string | undefined {
    return this.#sessionId;
  }

  get hasBegun(): boolean {
    return this.#run !== undefined;
  }

  /** A place in the log before its first event. */
  get start(): number {
    return this.#run?.after ?? 0;
  }

  ask(): Asked {
    if (!this.#run || !this.#canFollow) return this.#asked;
    const { id: run_id, after } = this.#run;
    return { method: "turn/result", params: { session_id: this.#sessionId, run_id, after } };
  }

  answered(outcome: Outcome): void {
    if (this.#follow && !this.#isOver) this.#held = outcome;
    else this.#finish(outcome);
  }

  lost(): void {
    if (!this.#run || this.#isOver || this.#follow || !this.#canFollow) return;
    const { link, streams } = this.#around;
    this.#follow = new StreamCall(this, streams, link);
    link.add(this.#follow);
  }

  /** Its first event names the session and the run. */
  begin(sessionId: string, id: unknown, seq: number): void {
    this.#sessionId = sessionId;
    this.#run = { id, after: seq - 1 };
    if (this.#isCancelled) this.#interrupt();
  }

  /** Told of every run that ended. */
  runEnded(runId: unknown): void {
    if (this.#run?.id !== runId) return;
    this.#isOver = true;
    this.#letGo();
  }

  /** Takes the turn back; the request itself is then answered with that. */
  cancel(): void {
    this.#isCancelled = true;
    if (this.#run) return this.#interrupt();
    const { connection } = this.#around.link;
    const request_id = connection?.idOf(this);
    if (request_id !== undefined) connection?.notify("cancel", { request_id });
  }

  place(): Params {
    return { session_id: this.#sessionId, after: this.#around.cursor(this) };
  }

  opened(): void {
    // Its events are all that is of interest.
  }

  refused(): void {
    this.#letGo();
  }

  event(event: Params): void {
    if (!this.#isOver) this.#around.tell(String(this.#sessionId), event);
  }

  ended(): void {
    // Before the turn's own end: it was this connection that could not go on, not the turn.
    if (this.#follow && !this.#isOver) this.#around.link.again(this.#follow);
  }

  /** Tools that came with the request are offered only to the request itself. */
  get #canFollow(): boolean {
    return !(isRecord(this.#asked.params) && this.#asked.params.external_tools);
  }

  #interrupt(): void {
    const ask = { method: "turn/interrupt", params: { session_id: this.#sessionId } };
    this.#around.link.add(new ClientCall(ask, () => undefined));
  }

  /** No more events are to be waited for. */
  #letGo(): void {
    this.#follow?.close();
    this.#follow = undefined;
    if (this.#held) this.#finish(this.#held);
    this.#held = undefined;
  }

  #finish(outcome: Outcome): void {
    this.#around.done(this, outcome);
    this.#reply(this.#asked.method === "session/create" ? creation(outcome) : outcome);
  }
}

/** The session that a request names; without the realm that may stand before it, as events name it. */
function sessionOf({ params }: Asked): string | undefined {
  const locator = isRecord(params) ? params.session_id : undefined;
  if (typeof locator !== "string") return undefined;
  return locator.slice(locator.lastIndexOf(":") + 1).toLowerCase();
}

/** A failed first turn leaves its session behind: an answer from the log says so too (contract 7.2). */
function creation(outcome: Outcome): Outcome {
  if (!("error" in outcome) || !isRecord(outcome.error.data)) return outcome;
  const { data } = outcome.error;
  if (typeof data.run_id !== "string" || data.session_created === true) return outcome;
  return { error: { ...outcome.error, data: { ...data, session_created: true } } };
}
