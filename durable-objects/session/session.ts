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
import type { Tool } from "../tools/tool.ts";
import type { TurnRequest } from "./admission.ts";
import { create, fork, startTurn } from "./beginning.ts";
import { pendingCalls } from "./client-calls.ts";
import { SessionCore } from "./core.ts";
import type { Erasure, Standing } from "./directory.ts";
import type { Format } from "./envelope.ts";
import { erase, stored } from "./erasure.ts";
import type { Forked, ForkRequest } from "./fork.ts";
import { checkUnchanged, forkOrigin, type ForkOrigin, type ForkSource } from "./fork-origin.ts";
import type { Admitted, CreateRequest } from "./intake.ts";
import { cancelled } from "./outcome.ts";
import type { RewindRequest, Rewound } from "./rewind.ts";
import type { MessageRow, RowPlace } from "./transcript-rows.ts";
import type { DescribedInput } from "./queue.ts";
import type { QueuedInput } from "./queue-storage.ts";
import { history, present, sessionInfo } from "./view.ts";
import { attach, checkCursor, type Page, page } from "./watch.ts";

/** One conversation of one realm, named `<realm>/<session id>`. It runs at most one turn at a time. */
export class SessionObject extends DurableObject<Env> implements ForkSource {
  #core: SessionCore;
  readonly #newCore: () => SessionCore;

  constructor(ctx: DurableObjectState, env: Env, ownTools: ReadonlyMap<string, Tool> = new Map()) {
    super(ctx, env);
    this.#newCore = () => new SessionCore(ctx, env, ownTools);
    this.#core = this.#newCore();
  }

  /** Creates the session and, if the request names a run, starts its first turn. */
  async create(
    realmId: string,
    sessionId: string,
    parcel: Parcel<CreateRequest>,
  ): Promise<Admitted> {
    return create(this.#core, { realmId, sessionId }, await unpack(parcel));
  }

  /** Starts a turn; its events are told from the returned place on. */
  async startTurn(parcel: Parcel<TurnRequest>): Promise<Admitted> {
    this.#core.runs.recover();
    return startTurn(this.#core, await unpack(parcel));
  }

  /** Waits for a run's end. Asking again after a lost connection gives the same answer. */
  async result(runId: string, firstSeq = 0, untilPending = false): Promise<Parcel<RunResult>> {
    this.#core.runs.recover();
    const answer = this.#core.runs.results.of(runId, firstSeq, untilPending);
    return pack(await this.#core.directory.after(answer));
  }

  /** Takes the results of tools that a client ran; `firstSeq` is where they start in the log. */
  async answer(parcel: Parcel<readonly ToolAnswer[]>, key?: string | null) {
    const answers = await unpack(parcel);
    present(this.#core.journal);
    return this.#core.answers.take(answers, key);
  }

  pending(): Parcel<PendingToolCall[]> {
    this.#core.runs.recover();
    present(this.#core.journal);
    return pack(pendingCalls(this.#core.journal));
  }

  /** Keeps something for the model to see at its next call. */
  async note(parcel: Parcel<StoredMessage>, key: string | null | undefined, applyNow: boolean) {
    const message = await unpack(parcel);
    this.#core.runs.recover();
    return this.#core.notes.add(message, key, applyNow);
  }

  /** Inputs that wait, and those that did. */
  inputs(): DescribedInput[] {
    return this.#core.queue.describe();
  }

  /** Ends this very turn, whether it runs or waits; false if it is over already. */
  cancelRun(runId: string): boolean {
    const { run } = present(this.#core.journal).state;
    return run?.runId === runId ? this.interrupt().interrupted : this.cancelInput(runId);
  }

  /** Takes a waiting input back; what runs, or was told to the model, is left alone. */
  cancelInput(inputId: string): boolean {
    present(this.#core.journal);
    const isMeant = (input: QueuedInput) => input.inputId === inputId;
    return this.#core.inputs.cancel(isMeant) || this.#core.endWaiting(isMeant, cancelled);
  }

  interrupt(): { interrupted: boolean; seq?: number } {
    present(this.#core.journal);
    this.#core.runs.recover();
    const seq = this.#core.runs.interrupt();
    return seq === undefined ? { interrupted: false } : { interrupted: true, seq };
  }

  archive(): Promise<void> {
    return this.#core.archive();
  }

  /** Makes this session out of another one's transcript. */
  fork(realmId: string, sessionId: string, request: ForkRequest): Promise<Forked> {
    return fork(this.#core, { realmId, sessionId }, request);
  }

  forkOrigin(at: number | undefined): ForkOrigin {
    return forkOrigin(this.#core.journal, this.#core.storage.intake, at);
  }

  forkRows(origin: ForkOrigin, after: RowPlace): MessageRow[] {
    checkUnchanged(this.#core.journal, origin);
    return this.#core.storage.rows.page(after, origin.at);
  }

  /** Undoes the newest turns. */
  rewind(request: RewindRequest): Promise<Rewound> {
    this.#core.runs.recover();
    return this.#core.told(this.#core.rewind.undo(request));
  }

  /** Leaves nothing of the session, unless it was used since the directory `saw` it; see `erase`. */
  async erase(saw?: number): Promise<Erasure> {
    const { isGone, erasure } = erase(this.ctx, this.#core, saw);
    if (isGone) this.#core = this.#newCore();
    return erasure;
  }

  /** What the realm may believe of this session, whatever it was told. */
  async standing(): Promise<Standing> {
    return { row: this.#core.directory.row(), stored: await stored(this.ctx.storage) };
  }

  read(): SessionInfo {
    this.#core.runs.recover();
    return sessionInfo(this.#core.journal);
  }

  /** A page of the transcript, or of what the rewind at `rewindSeq` took out of it. */
  history(offset: number, limit?: number, rewindSeq?: number): Parcel<SessionHistory> {
    const { journal, storage } = this.#core;
    return history(journal, storage.rows, { offset, limit, rewindSeq });
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
