import { DurableObject } from "cloudflare:workers";
import {
  pack,
  type Parcel,
  type PendingToolCall,
  type RunResult,
  type SessionHistory,
  type SessionInfo,
  type ToolAnswer,
  unpack,
} from "../../sdk/contract/index.ts";
import type { StoredMessage } from "../providers/provider.ts";
import type { TurnRequest } from "./admission.ts";
import { pendingCalls } from "./client-calls.ts";
import { SessionCore } from "./core.ts";
import type { Format } from "./envelope.ts";
import type { Admitted, CreateRequest } from "./intake.ts";
import { cancelled } from "./outcome.ts";
import type { QueuedTurn } from "./queue-storage.ts";
import { history, present, sessionInfo } from "./view.ts";
import { attach, checkCursor, type Page, page } from "./watch.ts";

/** One conversation of one realm, named `<realm>/<session id>`. It runs at most one turn at a time. */
export class SessionObject extends DurableObject<Env> {
  readonly #core: SessionCore;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#core = new SessionCore(ctx, env);
    // Watchers' heartbeats are answered by the runtime, without waking the object.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /** Creates the session and, if the request names a run, starts its first turn. */
  async create(
    realmId: string,
    sessionId: string,
    parcel: Parcel<CreateRequest>,
  ): Promise<Admitted> {
    const request = await unpack(parcel);
    const config = await this.#core.config(realmId);
    const admitted = await this.#core.intake.create({ realmId, sessionId }, request, config);
    if (!admitted.isRepeat) this.#core.runs.begin();
    await this.#core.tellRealm();
    return admitted;
  }

  /** Starts a turn; its events are told from the returned place on. */
  async startTurn(parcel: Parcel<TurnRequest>): Promise<Admitted> {
    this.#core.runs.recover();
    const request = await unpack(parcel);
    const config = await this.#core.config(present(this.#core.journal).identity.realmId);
    const admitted = await this.#core.intake.startTurn(request, config);
    if (!admitted.isRepeat) this.#core.runs.begin();
    return admitted;
  }

  /** Waits for a run's end. Asking again after a lost connection gives the same answer. */
  async result(runId: string, firstSeq = 0, untilPending = false): Promise<Parcel<RunResult>> {
    this.#core.runs.recover();
    const [outcome] = await Promise.allSettled([
      this.#core.runs.result(runId, firstSeq, untilPending),
    ]);
    await this.#core.directory.report();
    if (outcome.status === "rejected") throw outcome.reason;
    return pack(outcome.value);
  }

  /** Takes the results of tools that a client ran. */
  async answer(parcel: Parcel<readonly ToolAnswer[]>): Promise<{ runId: string; seq: number }> {
    const answers = await unpack(parcel);
    present(this.#core.journal);
    this.#core.runs.recover();
    return this.#core.runs.answer(answers);
  }

  pending(): Parcel<PendingToolCall[]> {
    this.#core.runs.recover();
    present(this.#core.journal);
    return pack(pendingCalls(this.#core.journal));
  }

  /** Keeps something for the model to see at its next call. */
  async note(parcel: Parcel<StoredMessage>, key: string | undefined, applyNow: boolean) {
    const message = await unpack(parcel);
    this.#core.runs.recover();
    return this.#core.notes.add(message, key, applyNow);
  }

  /** Turns that wait, and those that did. */
  inputs(): QueuedTurn[] {
    return this.#core.queue.list();
  }

  /** Ends this very turn, whether it runs or waits; false if it is over already. */
  cancelRun(runId: string): boolean {
    const { run } = present(this.#core.journal).state;
    return run?.runId === runId ? this.interrupt().interrupted : this.cancelInput(runId);
  }

  /** Takes a waiting turn back; a running one is left alone. */
  cancelInput(runId: string): boolean {
    present(this.#core.journal);
    return this.#core.endWaiting((turn) => turn.runId === runId, cancelled);
  }

  interrupt(): { interrupted: boolean; seq?: number } {
    present(this.#core.journal);
    this.#core.runs.recover();
    const seq = this.#core.runs.interrupt();
    return seq === undefined ? { interrupted: false } : { interrupted: true, seq };
  }

  async archive(): Promise<void> {
    present(this.#core.journal);
    this.#core.runs.recover();
    this.#core.endWaiting(() => true, cancelled);
    this.#core.runs.interrupt();
    this.#core.journal.commit({ state: () => ({ archivedAt: Date.now() }) });
    this.#core.feed.end();
    await this.#core.tellRealm();
  }

  read(): SessionInfo {
    this.#core.runs.recover();
    return sessionInfo(this.#core.journal);
  }

  history(offset: number, limit: number | undefined): Parcel<SessionHistory> {
    return history(this.#core.journal, offset, limit);
  }

  /** A piece of the event log as text, for a reader that is far behind. */
  page(cursor: number, format: Format): Page {
    this.#core.runs.recover();
    checkCursor(this.#core.journal, cursor);
    return page(this.#core.journal, cursor, format);
  }

  /** Joins a Worker's socket to the feed: `?format=sse|json`, and `after` unless only the new matters. */
  override async fetch(request: Request): Promise<Response> {
    this.#core.runs.recover();
    return attach(this.ctx, this.#core, new URL(request.url));
  }

  override async alarm(): Promise<void> {
    await this.#core.upkeep();
  }

  override webSocketClose(socket: WebSocket, code: number, reason: string): void {
    this.#core.feed.remove(socket);
    // The runtime sends no closing frame of its own; 1005 and 1006 must not be sent.
    socket.close(code === 1005 || code === 1006 ? 1000 : code, reason);
  }

  override webSocketError(socket: WebSocket): void {
    this.#core.feed.remove(socket);
  }
}
