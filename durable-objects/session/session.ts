import { DurableObject } from "cloudflare:workers";
import {
  AppError,
  type ConfigDocument,
  type Content,
  type Labels,
  noUsage,
  type Remote,
  type RunResult,
  type SessionHistory,
  type SessionInfo,
} from "../../sdk/contract/index.ts";
import type { RealmObject } from "../realm/realm.ts";
import { admission, choose, type TurnRequest } from "./admission.ts";
import { Directory } from "./directory.ts";
import type { Format } from "./envelope.ts";
import { Feed } from "./feed.ts";
import { Journal } from "./journal.ts";
import { systemMessage, turnMessages } from "./prompt.ts";
import { Runs } from "./runs.ts";
import { SessionStorage } from "./storage.ts";
import { history, present, sessionInfo } from "./view.ts";
import { attach, checkCursor, type Page, page } from "./watch.ts";

// A crashed turn is taken up again within this time, even if nobody asks (design I-9).
const LEASE_MS = 9_000;

/** A request to create a session; without `run_id` its first turn is put off. */
export interface CreateRequest extends Omit<TurnRequest, "run_id" | "prompt"> {
  run_id?: string;
  prompt?: Content | undefined;
  labels?: Labels | null | undefined;
}

/** One conversation of one realm, named `<realm>/<session id>`. It runs at most one turn at a time. */
export class SessionObject extends DurableObject<Env> {
  readonly #feed: Feed;
  readonly #journal: Journal;
  readonly #runs: Runs;
  readonly #directory: Directory;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#feed = new Feed(ctx, () => this.#journal.session?.identity.sessionId ?? "");
    this.#journal = new Journal(new SessionStorage(ctx.storage), this.#feed);
    this.#directory = new Directory(this.#journal, (realmId) => this.#realm(realmId));
    this.#runs = new Runs(this.#journal, { env, onChange: () => this.#changed() });
    // Watchers' heartbeats are answered by the runtime, without waking the object.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /** Creates the session and, with a `run_id`, starts its first turn. Checks everything first. */
  async create(realmId: string, sessionId: string, request: CreateRequest): Promise<void> {
    const config = await this.#config(realmId);
    if (this.#journal.session) throw new AppError("CONFLICT", "The session exists already");

    const { identity, settings } = choose(request, undefined, config, this.env);
    const { run_id, prompt = "", labels } = request;
    const before = [systemMessage(request, config)];
    const first = { prompt, run_id: run_id ?? "" };
    const change = run_id
      ? admission(sessionId, undefined, { request: first, identity, settings, before })
      : { messages: prompt === "" ? before : [...before, ...turnMessages(prompt, {}, "")] };
    const createdAt = Date.now();
    this.#journal.create(
      { sessionId, realmId, createdAt: Math.floor(createdAt / 1_000), labels: labels ?? {} },
      { reservedUntil: 0, identity, usage: noUsage, updatedAt: createdAt },
      change,
    );
    this.#runs.begin();
    await this.#directory.report();
  }

  /** Starts a turn; its events are told from the returned place on. */
  async startTurn(request: TurnRequest): Promise<{ seq: number }> {
    this.#runs.recover();
    const config = await this.#config(present(this.#journal).identity.realmId);
    const { identity, state } = present(this.#journal);
    const chosen = choose(request, state.identity, config, this.env);
    this.#journal.commit(admission(identity.sessionId, state, { request, ...chosen }));
    this.#runs.begin();
    return { seq: this.#journal.session?.state.run?.firstSeq ?? 0 };
  }

  /** Waits for a run's end. Asking again after a lost connection gives the same answer. */
  async result(runId: string): Promise<RunResult> {
    this.#runs.recover();
    const outcome = await Promise.allSettled([this.#runs.result(runId)]);
    await this.#directory.report();
    if (outcome[0].status === "rejected") throw outcome[0].reason;
    return outcome[0].value;
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
    const { state } = present(this.#journal);
    const { searchParams } = new URL(request.url);
    const after = searchParams.get("after");
    const cursor =
      after === null ? (state.run?.firstSeq ?? this.#journal.seq + 1) - 1 : Number(after);
    checkCursor(this.#journal, cursor);
    const format = searchParams.get("format") === "json" ? "json" : "sse";
    return attach({ ctx: this.ctx, journal: this.#journal, feed: this.#feed }, cursor, format);
  }

  override async alarm(): Promise<void> {
    this.#runs.recover();
    await this.#directory.report();
    if (this.#journal.session?.state.run || this.#directory.isBehind) this.#armAlarm();
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
    if (this.#journal.session?.state.run) this.#armAlarm();
    this.ctx.waitUntil(this.#directory.report());
  }

  #armAlarm(): void {
    this.ctx.waitUntil(this.ctx.storage.setAlarm(Date.now() + LEASE_MS));
  }
}
