import { toAppError } from "../../sdk/contract/index.ts";
import { offeredTools } from "../tools/index.ts";
import type { Tool } from "../tools/tool.ts";
import { abandon } from "./abandon.ts";
import { Answers } from "./answers.ts";
import { Books } from "./books.ts";
import { Directory } from "./directory.ts";
import { Feed } from "./feed.ts";
import { Fork } from "./fork.ts";
import { Inputs } from "./inputs.ts";
import { Intake } from "./intake.ts";
import { IntakeStorage } from "./intake-storage.ts";
import { Journal } from "./journal.ts";
import { neighboursIn } from "./neighbours.ts";
import { Notes } from "./notes.ts";
import { Queue } from "./queue.ts";
import { cancelled, type Outcome, outcomeOfError } from "./outcome.ts";
import { type QueuedInput, QueueStorage } from "./queue-storage.ts";
import { RealmLink, type SessionIds } from "./realm-link.ts";
import { storedResults } from "./recovery.ts";
import { Rewind } from "./rewind.ts";
import { RunAccess } from "./run-access.ts";
import { RunObserver } from "./run-observer.ts";
import { Runs } from "./runs.ts";
import { Spending } from "./spending.ts";
import { SessionStorage } from "./storage.ts";
import { Summaries } from "./summaries.ts";
import { TranscriptRows } from "./transcript-rows.ts";
import { present } from "./view.ts";

// A crashed turn is taken up again within this time, even if nobody asks (design I-9).
const LEASE_MS = 9_000;
// What a crash left of a fork is thrown away after this time, unless somebody has asked again.
const SWEEP_MS = 10 * 60_000;

/** The parts of a session put together, and what keeps them going between requests. */
export class SessionCore {
  readonly journal: Journal;
  readonly feed: Feed;
  readonly queue: Queue;
  readonly inputs: Inputs;
  readonly notes: Notes;
  readonly intake: Intake;
  readonly runs: Runs;
  readonly answers: Answers;
  readonly realm: RealmLink;
  readonly books: Books;
  readonly spending: Spending;
  readonly directory: Directory;
  readonly storage: { rows: TranscriptRows; intake: IntakeStorage };
  readonly fork: Fork;
  readonly rewind: Rewind;
  readonly #ctx: DurableObjectState;
  readonly #access = new RunAccess(() => this.realm.inUse(this.#ids.realmId));
  #alarmAt = 0;

  constructor(ctx: DurableObjectState, env: Env, ownTools: ReadonlyMap<string, Tool>) {
    this.#ctx = ctx;
    const around = neighboursIn(env);
    const storage = new IntakeStorage(ctx.storage.sql);
    this.feed = new Feed(ctx, () => this.#ids.sessionId);
    this.journal = new Journal(new SessionStorage(ctx.storage), this.feed);
    const observer = new RunObserver(this.journal, env, ctx);
    const queued = new QueueStorage(ctx.storage.sql);
    this.queue = new Queue(this.journal, queued, observer);
    this.inputs = new Inputs(this.journal, storage, queued);
    this.notes = new Notes(this.journal, storage);
    this.intake = new Intake(this.journal, storage, this, this.#access);
    this.realm = new RealmLink(this.journal, (id) => around.realm(id), env);
    this.books = new Books(this.journal);
    this.spending = new Spending(this.journal, this.books, (id) => around.realm(id));
    this.directory = new Directory(this.journal, this.books, (id) => around.realm(id).directory);
    const summaries = new Summaries(this.journal, storage);
    this.storage = { rows: new TranscriptRows(ctx.storage), intake: storage };
    this.rewind = new Rewind(this.journal, this.storage);
    this.fork = new Fork(this.journal, this.storage, {
      source: (realmId, sessionId) => around.session(realmId, sessionId),
      wakeLater: () => ctx.waitUntil(ctx.storage.setAlarm(Date.now() + SWEEP_MS)),
    });
    this.runs = new Runs(this.journal, {
      assemble: async (run) => ({
        ...(await this.intake.assemble(run)),
        tools: offeredTools(ownTools, run.settings.builtins),
        site: { env, ...this.#ids, runId: run.runId },
        ...summaries.view(),
        results: storedResults(this.journal, run).results,
        // Until its own first call, what the newest one before it took is the best guess.
        progress: { lastCall: this.journal.session?.state.lastCall, ...run.progress },
        cutOff: run.upstream,
        spending: this.spending,
        cacheKey: this.#ids.sessionId,
      }),
      entered: (change, calls) => this.books.entered(change, calls),
      arrivals: () => this.inputs.arrivals(),
      compacted: (change, compaction) => summaries.added(change, compaction),
      finished: (runId) => this.queue.finished(runId),
      abandon: (run) => ctx.waitUntil(abandon(run, () => this.#access.once(run.runId))),
      isWaiting: (runId) => this.queue.has(runId),
      onChange: () => this.#changed(),
      observer,
    });
    this.answers = new Answers(this.runs, storage);
  }

  /** Tells the realm before the caller is answered; a crash in between leaves it to the alarm. */
  async tellRealm(): Promise<void> {
    this.#armAlarm();
    await this.directory.report();
  }

  /** Gives an answer that the realm's list must agree with once its caller has it. */
  async told<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const given = await answer;
    await this.tellRealm();
    return given;
  }

  /** Ends everything that runs, waits or watches. */
  async archive(): Promise<void> {
    present(this.journal);
    this.runs.recover();
    this.endWaiting(() => true, cancelled);
    this.inputs.cancel(() => true);
    this.runs.interrupt();
    this.journal.commit({ state: () => ({ archivedAt: Date.now() }) });
    this.feed.end();
    await this.tellRealm();
  }

  /** What the alarm does: ends or takes up what a crash left, tells the realm, starts what waits. */
  async upkeep(): Promise<void> {
    this.#alarmAt = 0;
    if (!this.journal.session) return this.fork.sweep();
    this.runs.recover();
    await Promise.all([this.directory.report(), this.#startNext()]);
    this.#armAlarm();
  }

  /** Ends turns that wait, and tells those who wait for them. @returns whether there were any */
  endWaiting(concerns: (turn: QueuedInput) => boolean, outcome: Outcome): boolean {
    const ended = this.queue.end(concerns, outcome);
    for (const runId of ended) this.runs.results.refuse(runId, outcome);
    return ended.length > 0;
  }

  get #ids(): SessionIds {
    const { realmId = "", sessionId = "" } = this.journal.session?.identity ?? {};
    return { realmId, sessionId };
  }

  #changed(): void {
    const settled = Promise.all([this.directory.report(), this.#startNext()]);
    if (this.journal.session?.state.run) {
      this.#armAlarm();
      this.#ctx.waitUntil(settled);
    } else {
      this.#access.release();
      // An idle session needs an alarm only for what could not be settled; until then its last one stands.
      this.#ctx.waitUntil(settled.then(() => this.#armAlarm()));
    }
  }

  /** Starts the turn that has waited longest. The alarm tries again if the realm is full or cannot be reached. */
  async #startNext(): Promise<void> {
    const { identity, state } = this.journal.session ?? {};
    if (!identity || state?.run || this.queue.isEmpty) return;
    const realm = await this.realm.inUse(identity.realmId);
    const next = this.queue.next()?.request;
    try {
      await this.realm.permitTurn(identity, realm.config, next?.quota);
    } catch (cause) {
      if (toAppError(cause).code === "RATE_LIMITED") return;
      throw cause;
    }
    const runId = this.queue.first?.runId;
    try {
      if (this.intake.admitNext(realm)) this.runs.begin();
    } catch (cause) {
      // What it asked for cannot be had any more: the next one must not wait for it.
      this.endWaiting((turn) => turn.runId === runId, outcomeOfError(cause));
      await this.#startNext();
    }
  }

  /** A run keeps an alarm ahead of itself; one that waits for a client needs it only at its deadline. */
  #armAlarm(): void {
    const { run } = this.journal.session?.state ?? {};
    if (!run && !this.directory.isBehind && this.queue.isEmpty) return;
    const { durationMs = Infinity } = run?.settings.limits ?? {};
    const until = Math.min(run?.waiting?.until ?? 0, (run?.startedAt ?? 0) + durationMs);
    const now = Date.now();
    const at = Math.max(until, now + LEASE_MS);
    // An alarm that comes earlier does as well: it arms the next one.
    if (this.#alarmAt > now && this.#alarmAt <= at) return;
    this.#alarmAt = at;
    this.#ctx.waitUntil(this.#ctx.storage.setAlarm(at));
  }
}
