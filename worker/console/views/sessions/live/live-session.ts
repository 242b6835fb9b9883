import { signal } from "@preact/signals";
import {
  type AgentEventEnvelope,
  type MeerkatClient,
  MeerkatError,
  type SessionInfo,
} from "meerkat-edge";
import { Transcript } from "./transcript.ts";
import type { TurnFacts } from "./turn-facts.ts";
import { TurnLog } from "./turn-log.ts";

/** How far back events are read at first, for what they tell of the newest turns. */
const WINDOW = 2_000;

/** How far back at most, for a place that the address names. */
const FARTHEST = 50_000;

/** When what could not be read is asked for again, if no event asks before. */
const AGAIN_MS = 3_000;

/** After these the transcript has more messages than before, or fewer. */
const changing: ReadonlySet<string> = new Set([
  "run_started",
  "turn_started",
  "run_completed",
  "run_failed",
  "session_rewound",
]);

/** Where a session view stands. */
export type Stage =
  | { kind: "opening" }
  | { kind: "open" }
  /** Its history is all there is. */
  | { kind: "archived" }
  | { kind: "failed"; error: unknown };

/** One session as it is watched: its transcript, and what its events tell as they come. */
export class LiveSession {
  readonly id: string;
  readonly transcript: Transcript;
  readonly stage = signal<Stage>({ kind: "opening" });
  readonly info = signal<SessionInfo | undefined>(undefined);
  /** Rises when there is something new to show, at most once per frame. */
  readonly version = signal(0);
  log = new TurnLog();
  readonly #client: MeerkatClient;
  readonly #closing = new AbortController();
  /** Nothing up to here is shown to the holder of a share. */
  readonly #floor: number;
  #frame = 0;
  #isSyncing = false;
  #isStale = false;
  #again: ReturnType<typeof setTimeout> | undefined;
  #isLive = false;

  constructor(client: MeerkatClient, id: string, floor = 0) {
    this.#client = client;
    this.id = id;
    this.#floor = floor;
    this.transcript = new Transcript(client, id, () => this.#changed());
  }

  /** Opens the session and follows it until `close`; events are read back to a place of the log. Never rejects. */
  async follow(seq = Infinity): Promise<void> {
    try {
      await this.#open(seq);
    } catch (error) {
      if (!this.#closing.signal.aborted) this.stage.value = { kind: "failed", error };
    }
  }

  /** The turn that goes on, or that has just ended; not those that are only told again. */
  get turn(): TurnFacts | undefined {
    return this.#isLive ? this.log.current : undefined;
  }

  close(): void {
    this.#closing.abort();
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#again);
  }

  /** Whether messages may be read: not by a share that starts in the middle. */
  get hasTranscript(): boolean {
    return this.#floor === 0;
  }

  async #open(seq: number): Promise<void> {
    try {
      this.info.value = await this.#client.readSession(this.id);
    } catch (error) {
      const isGone = error instanceof MeerkatError && error.code === "SESSION_NOT_FOUND";
      if (!isGone) throw error;
      // Archived sessions have a history still; others, and other realms', have nothing.
      await this.transcript.open();
      this.stage.value = { kind: "archived" };
      return;
    }
    if (this.hasTranscript) await this.transcript.open();
    const { lastSeq, isActive } = this.info.value;
    const wanted = Math.min(FARTHEST, lastSeq - seq + WINDOW / 2);
    for (let window = Math.max(WINDOW, wanted); ; window *= 8) {
      const after = Math.max(this.#floor, lastSeq - window);
      if (await this.#read(after, lastSeq, isActive)) return;
    }
  }

  /** Follows from a place in the log. @returns false if that lies within the running turn, which then is not whole */
  async #read(after: number, lastSeq: number, isActive: boolean): Promise<boolean> {
    const { signal } = this.#closing;
    this.log = new TurnLog();
    const subscription = await this.#client.subscribeSessionEvents(this.id, { after, signal });
    this.stage.value = { kind: "open" };
    for await (const envelope of subscription) {
      this.#isLive ||= isActive || !this.hasTranscript || envelope.seq > lastSeq;
      this.#take(envelope, envelope.seq > lastSeq);
      const isCutOff = isActive && !this.log.current && after > this.#floor;
      if (isCutOff && envelope.seq >= lastSeq) return false;
    }
    if (subscription.terminalOutcome?.outcome === "remote_end") this.#archived();
    return true;
  }

  #take(envelope: AgentEventEnvelope, isNew: boolean): void {
    const { payload } = envelope;
    this.log.add(envelope);
    if (isNew && payload.type === "session_rewound") this.transcript.cut(payload.messageCount);
    if (isNew && changing.has(payload.type)) this.#sync();
    this.#changed();
  }

  /** Reads what the transcript has more, and the session's own state; once at a time. */
  #sync(): void {
    this.#isStale = true;
    if (this.#isSyncing) return;
    this.#isSyncing = true;
    void this.#readChanges().finally(() => (this.#isSyncing = false));
  }

  async #readChanges(): Promise<void> {
    clearTimeout(this.#again);
    while (this.#isStale && !this.#closing.signal.aborted) {
      this.#isStale = false;
      const turn = this.log.current;
      const isOver = !this.log.isRunning;
      try {
        if (this.hasTranscript) await this.transcript.catchUp();
        this.info.value = await this.#client.readSession(this.id);
        // Later turns may have another one.
        if (turn && turn === this.log.current) nameModel(turn, this.info.value.model);
      } catch (error) {
        if (error instanceof MeerkatError && error.code === "SESSION_NOT_FOUND") this.#archived();
        else this.#again = setTimeout(() => this.#sync(), AGAIN_MS);
        return;
      }
      // What was told is in the transcript now, unless another turn has begun meanwhile.
      if (isOver && this.hasTranscript) this.log.settle();
      this.#changed();
    }
  }

  #archived(): void {
    this.stage.value = { kind: "archived" };
    this.#changed();
  }

  #changed(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.version.value += 1;
    });
  }
}

/** Keeps the session's model with a turn, unless its events told another. */
function nameModel(turn: TurnFacts, model: string): void {
  if (turn.model === undefined) turn.model = model;
}
