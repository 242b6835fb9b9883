import { DurableObject } from "cloudflare:workers";
import {
  type ConfigDocument,
  type PendingToolCall,
  type Remote,
  type RunResult,
  type SessionHistory,
  type SessionInfo,
  type ToolAnswer,
} from "../../sdk/contract/index.ts";
import type { StoredMessage } from "../providers/provider.ts";
import type { RealmObject } from "../realm/realm.ts";
import type { TurnRequest } from "./admission.ts";
import { pendingCalls } from "./client-calls.ts";
import { Directory } from "./directory.ts";
import type { Format } from "./envelope.ts";
import { Feed } from "./feed.ts";
import { type Admitted, type CreateRequest, Intake } from "./intake.ts";
import { IntakeStorage } from "./intake-storage.ts";
import { Journal } from "./journal.ts";
import { storedResults } from "./recovery.ts";
import { Runs } from "./runs.ts";
import { SessionStorage } from "./storage.ts";
import { history, present, sessionInfo } from "./view.ts";
import { attach, checkCursor, type Page, page } from "./watch.ts";

// A crashed turn is taken up again within this time, even if nobody asks (design I-9).
const LEASE_MS = 9_000;

/** One conversation of one realm, named `<realm>/<session id>`. It runs at most one turn at a time. */
export class SessionObject extends DurableObject<Env> {
  readonly #journal: Journal;
  readonly #feed: Feed;
  readonly #intake: Intake;
  readonly #runs: Runs;
  readonly #directory: Directory;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#feed = new Feed(ctx, () => this.#journal.session?.identity.sessionId ?? "");
    this.#journal = new Journal(new SessionStorage(ctx.storage), this.#feed);
    this.#intake = new Intake(this.#journal, new IntakeStorage(ctx.storage.sql), env);
    this.#directory = new Directory(this.#journal, (realmId) => this.#realm(realmId));
    this.#runs = new Runs(this.#journal, {
      assemble: (run) => ({
        ...this.#intake.assemble(run),
        transcript: [...this.#journal.messagesFrom(0)],
        results: storedResults(this.#journal, run).results,
        progress: run.progress,
        cacheKey: this.#journal.session?.identity.sessionId ?? "",
      }),
      arrivals: () => this.#intake.arrivals(),
      onChange: () => this.#changed(),
    });
    // Watchers' heartbeats are answered by the runtime, without waking the object.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /** Creates the session and, if the request names a run, starts its first turn. */
  async create(realmId: string, sessionId: string, request: CreateRequest): Promise<Admitted> {
    const config = await this.#config(realmId);
    const admitted = await this.#intake.create({ realmId, sessionId }, request, config);
    if (!admitted.isRepeat) this.#runs.begin();
    await this.#directory.report();
    return admitted;
  }

  /** Starts a turn; its events are told from the returned place on. */
  async startTurn(request: TurnRequest): Promise<Admitted> {
    this.#runs.recover();
    const config = await this.#config(present(this.#journal).identity.realmId);
    const admitted = await this.#intake.startTurn(request, config);
    if (!admitted.isRepeat) this.#runs.begin();
    return admitted;
  }

  /** Waits for a run's end. Asking again after a lost connection gives the same answer. */
  async result(runId: string, firstSeq: number, untilPending: boolean): Promise<RunResult> {
    this.#runs.recover();
    const [outcome] = await Promise.allSettled([this.#runs.result(runId, firstSeq, untilPending)]);
    await this.#directory.report();
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  }

  /** Takes the results of tools that a client ran. */
  answer(answers: readonly ToolAnswer[]): { runId: string; seq: number } {
    present(this.#journal);
    this.#runs.recover();
    return this.#runs.answer(answers);
  }

  pending(): PendingToolCall[] {
    this.#runs.recover();
    present(this.#journal);
    return pendingCalls(this.#journal);
  }

  /** Keeps something for the model to see at its next call. */
  note(message: StoredMessage, key: string | undefined, applyNow: boolean) {
    this.#runs.recover();
    return this.#intake.note(message, key, applyNow);
  }

  interrupt(): { interrupted: boolean; seq?: number } {
    present(this.#journal);
    this.#runs.recover();
    const seq = this.#runs.interrupt();
    return seq === undefined ? { interrupted: false } : { interrupted: true, seq };
  }

  async archive(): Promise<void> {
    present(this.#journal);
    this.#runs.recover();
    this.#runs.interrupt();
    this.#journal.commit({ state: () => ({ archivedAt: Date.now() }) });
    this.#feed.end();
    await this.#directory.report();
  }

  read(): SessionInfo {
    this.#runs.recover();
    return sessionInfo(this.#journal);
  }

  history(offset: number, limit: number | undefined): SessionHistory {
    return history(this.#journal, offset, limit);
  }

  /** A piece of the event log as text, for a reader that is far behind. */
  page(cursor: number, format: Format): Page {
    this.#runs.recover();
    checkCursor(this.#journal, cursor);
    return page(this.#journal, cursor, format);
  }

  /** Joins a Worker's socket to the feed: `?format=sse|json`, and `after` unless only the new matters. */
  override async fetch(request: Request): Promise<Response> {
    this.#runs.recover();
    return attach(
      { ctx: this.ctx, journal: this.#journal, feed: this.#feed },
      new URL(request.url),
    );
  }

  override async alarm(): Promise<void> {
    this.#runs.recover();
    await this.#directory.report();
    this.#armAlarm();
  }

  override webSocketClose(socket: WebSocket, code: number, reason: string): void {
    this.#feed.remove(socket);
    // The runtime sends no closing frame of its own; 1005 and 1006 must not be sent.
    socket.close(code === 1005 || code === 1006 ? 1000 : code, reason);
  }

  override webSocketError(socket: WebSocket): void {
    this.#feed.remove(socket);
  }

  async #config(realmId: string): Promise<ConfigDocument> {
    return (await this.#realm(realmId).open(realmId)).config;
  }

  #realm(realmId: string): Remote<RealmObject> {
    // The binding's class is this class; see `Remote` for why its own type will not do.
    return this.env.REALMS.getByName(realmId) as unknown as Remote<RealmObject>;
  }

  #changed(): void {
    this.#armAlarm();
    this.ctx.waitUntil(this.#directory.report());
  }

  /** A run keeps an alarm ahead of itself; one that waits for a client needs it only at its deadline. */
  #armAlarm(): void {
    const { run } = this.#journal.session?.state ?? {};
    if (!run && !this.#directory.isBehind) return;
    const { durationMs = Infinity } = run?.settings.limits ?? {};
    const until = Math.min(run?.waiting?.until ?? 0, (run?.startedAt ?? 0) + durationMs);
    this.ctx.waitUntil(this.ctx.storage.setAlarm(Math.max(until, Date.now() + LEASE_MS)));
  }
}
