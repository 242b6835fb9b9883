import { randomUUID } from "node:crypto";
import { Crowd } from "./crowd.node.ts";
import { check, until, within } from "./conditions.node.ts";
import type { Dice } from "./dice.node.ts";
import { checkSession } from "./invariants.node.ts";
import type { Json } from "./json.node.ts";
import { listOf } from "./json.node.ts";
import { type KillPoint, Killer } from "./killer.node.ts";
import { checkPromises, Promises } from "./promises.node.ts";
import { Rest } from "./rest.node.ts";
import type { ChaosServer } from "./server.node.ts";
import { type ClientTool, runTurn, type Starter, type TurnEnd } from "./turns.node.ts";
import type { Upstream } from "./upstream.node.ts";
import { isDelta, isTerminal, type Seen, View } from "./view.node.ts";

const NEW_TURN_MS = 2_000;
const REST_MS = 5_000;
const STEP_MS = 20_000;

/** What an episode is played with. */
export interface Cast {
  server: ChaosServer;
  dice: Dice;
  upstream: Upstream;
  realm: string;
  starter: Starter;
  kills: readonly KillPoint[];
}

/** One session's story under kills: what is done to it, who watches, and what was promised on the way. */
export class Episode {
  readonly dice: Dice;
  readonly upstream: Upstream;
  readonly rest: Rest;
  readonly killer: Killer;
  readonly promises = new Promises();
  readonly #server: ChaosServer;
  readonly #starter: Starter;
  readonly #crowd = new Crowd();
  readonly #turns: Promise<TurnEnd>[] = [];
  #newest = 0;
  sessionId = "";

  constructor({ server, dice, upstream, realm, starter, kills }: Cast) {
    this.#server = server;
    this.dice = dice;
    this.upstream = upstream;
    this.rest = new Rest(server, realm);
    this.#starter = starter;
    this.killer = new Killer(server, kills);
    upstream.onMoment = (moment) => {
      const isWaited = this.killer.awaits(moment);
      this.killer.moment(moment);
      // A stop in the stream that is there only to be killed at must not stop the stream otherwise.
      if (moment === "cut" && !isWaited) upstream.open("cut");
    };
  }

  /** What the first client has seen so far. */
  get view(): View {
    const [first] = this.#crowd.views;
    if (!first) throw new Error("nobody watches yet");
    return first;
  }

  /** Creates the session without a turn, and lets everybody watch. */
  async open(): Promise<void> {
    const { vendor, model } = this.upstream;
    const fixed = { initial_turn: "deferred", prompt: "", idempotency_key: randomUUID() };
    const request = { ...fixed, model, ...vendor.choice, enable_builtins: true };
    const { status, body } = await this.rest.ask("POST", "/sessions", request);
    check(status === 200, `a session could not be created: ${JSON.stringify(body)}`);
    await this.watch(String(body.session_id));
  }

  /** Lets a client of every transport follow the session from its first event on. */
  async watch(sessionId: string): Promise<void> {
    this.sessionId = sessionId;
    const { realm } = this.rest;
    const place = { server: this.#server, realm, sessionId, dice: this.dice };
    await this.#crowd.gather(place, (entry) => this.#seen(entry));
  }

  /** Starts a turn with a prompt of its own; its caller never gives up. */
  turn(extra: Json = {}, tools: readonly ClientTool[] = []): Promise<TurnEnd> {
    const prompt = this.promises.prompt();
    const params = { session_id: this.sessionId, prompt, idempotency_key: randomUUID(), ...extra };
    return this.#run("turn/start", params, tools);
  }

  /** Creates the session with its first turn; the caller never gives up. */
  create(): Promise<TurnEnd> {
    const { vendor, model } = this.upstream;
    const prompt = this.promises.prompt();
    const params = { prompt, model, idempotency_key: randomUUID(), ...vendor.choice };
    return this.#run("session/create", params, []);
  }

  /** Waits until the first client has seen so many events of a type, or all turns are over. */
  async reached(type: string, count = 1): Promise<void> {
    const isThere = (seen: readonly Seen[]) =>
      seen.filter((entry) => entry.type === type).length >= count || seen.some(isTerminal);
    await this.view.until(STEP_MS, `${count} ${type}`, isThere);
  }

  /** Ends the story: a last kill if none came, a new turn in time, everybody at the newest event, all checks. */
  async close({ isArchived = false } = {}): Promise<void> {
    try {
      await this.killer.finish();
      if (!isArchived) await this.#newTurn();
      this.upstream.open("cut");
      this.upstream.open("hold");
      await within(STEP_MS, "all callers have their answers", Promise.all(this.#turns));
      if (!isArchived) await this.#rest();
      const { views } = this.#crowd;
      // Nobody can read an archived session's log: whoever saw its end speaks for it.
      const log = isArchived ? await this.#crowd.witness() : await this.rest.log(this.sessionId);
      if (!log) return;
      await this.#crowd.caughtUp(log.at(-1)?.seq ?? 0);
      const history = await this.rest.history(this.sessionId);
      checkSession({ log, history, views, upstream: this.upstream, isArchived });
      checkPromises(this.promises, { log, history, ledger: this.upstream.ledger });
    } finally {
      await this.leave();
    }
  }

  /** What was seen and asked, for the report of a failure. */
  story(): string {
    const { ledger } = this.upstream;
    const asked = ledger.map(({ step, attempt }) => `${step}.${attempt}`).join(" ");
    const [first] = this.#crowd.views;
    const seen = first?.seen
      .filter((entry) => !isDelta(entry))
      .map(({ seq, type }) => `${seq} ${type}`);
    return `session ${this.sessionId}; asked for steps ${asked}; seen ${seen?.join(", ")}`;
  }

  /** Lets go of everything; what the session does goes on. */
  leave(): Promise<void> {
    return this.#crowd.leave();
  }

  #run(method: "session/create" | "turn/start", params: Json, tools: readonly ClientTool[]) {
    this.killer.moment("sent");
    const end = runTurn(this.#server, this.rest, this.#starter, { method, params, tools });
    const acked = end.then((answer) => {
      this.promises.turn({ prompt: String(params.prompt), end: answer });
      this.killer.moment("acked");
      return answer;
    });
    this.#turns.push(acked);
    // Its failure is told where all turns are waited for.
    acked.catch(() => {});
    return acked;
  }

  #seen(entry: Seen): void {
    if (entry.seq <= this.#newest) return;
    this.#newest = entry.seq;
    if (isDelta(entry)) this.killer.moment("delta");
    else this.killer.moment(`event:${entry.type}`);
  }

  /** The session takes a new turn at once when the server is back: it runs, or it waits its turn. */
  async #newTurn(): Promise<void> {
    const path = `/sessions/${this.sessionId}/inputs`;
    const prompt = this.promises.prompt();
    const params = { session_id: this.sessionId, prompt, idempotency_key: randomUUID() };
    const known = listOf((await this.rest.ask("GET", path)).body.inputs).length;
    void this.#run("turn/start", { ...params, handling_mode: "queue" }, []);
    await until(NEW_TURN_MS, "a new turn is taken", async () => {
      const runs = this.view.seen.some(({ event }) => event.prompt === prompt);
      if (runs) return true;
      const { body } = await this.rest.ask("GET", path);
      return listOf(body.inputs).length > known;
    });
  }

  async #rest(): Promise<void> {
    await until(REST_MS, "the session comes to rest", async () => {
      const [session, inputs] = await Promise.all([
        this.rest.ask("GET", `/sessions/${this.sessionId}`),
        this.rest.ask("GET", `/sessions/${this.sessionId}/inputs`),
      ]);
      const waits = listOf(inputs.body.inputs).some(({ status }) => status === "queued");
      return session.body.state === "idle" && !waits;
    });
  }
}
