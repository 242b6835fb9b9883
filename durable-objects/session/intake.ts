import { AppError, type ClientTool, type Content, type Labels } from "../../sdk/contract/index.ts";
import { providerFor } from "../providers/index.ts";
import { admission, busy, newState, type TurnRequest } from "./admission.ts";
import { choose } from "./choice.ts";
import { loadTools, storeTools } from "./client-tools.ts";
import type { Inputs } from "./inputs.ts";
import type { IntakeStorage } from "./intake-storage.ts";
import type { Change, Journal } from "./journal.ts";
import { keepWish, loadOutput, storeOutput, withSessionWish } from "./output-choice.ts";
import { systemMessage, turnMessages } from "./prompt.ts";
import { openedFallback } from "./fallback.ts";
import { fingerprint } from "./fingerprint.ts";
import type { Queue } from "./queue.ts";
import { RequestKeys } from "./request-keys.ts";
import type { RealmInUse, RunAccess } from "./run-access.ts";
import type { RunState } from "./state.ts";
import type { Turn } from "./turn.ts";
import { present } from "./view.ts";

/** A request to create a session; without `run_id` its first turn is put off. */
export interface CreateRequest extends Omit<TurnRequest, "run_id" | "prompt"> {
  run_id?: string;
  prompt?: Content | undefined;
  labels?: Labels | null | undefined;
  /** Tools of the whole session. */
  external_tools?: readonly ClientTool[] | null | undefined;
}

/** Where a request's run is to be found; an empty id stands for none. */
export interface Admitted {
  runId: string;
  firstSeq: number;
  /** Whether nothing new begins: an earlier request was met again, the turn waits, or it joined another. */
  isRepeat: boolean;
}

type Assembled = Pick<
  Turn,
  "settings" | "provider" | "fallbacks" | "clientTools" | "output" | "arrivals"
>;

/** What comes into a session: checked, counted once, and written in one transaction (design I-11). */
export class Intake {
  readonly #journal: Journal;
  readonly #storage: IntakeStorage;
  readonly #keys: RequestKeys;
  readonly #queue: Queue;
  readonly #inputs: Inputs;
  readonly #access: RunAccess;

  constructor(
    journal: Journal,
    storage: IntakeStorage,
    waiting: { queue: Queue; inputs: Inputs },
    access: RunAccess,
  ) {
    this.#journal = journal;
    this.#storage = storage;
    this.#keys = new RequestKeys(storage);
    this.#queue = waiting.queue;
    this.#inputs = waiting.inputs;
    this.#access = access;
  }

  /** Creates the session and admits its first turn. Checks everything before it writes anything. */
  async create(
    ids: { realmId: string; sessionId: string },
    request: CreateRequest,
    realm: RealmInUse,
  ): Promise<Admitted> {
    const hash = await fingerprint(request);
    if (this.#journal.session) return this.#keys.repeat(request, hash) ?? raise(exists);

    const chosen = choose(request, undefined, realm);
    const { run_id: runId = "", prompt = "", labels, initiator } = request;
    const before = [systemMessage(request, realm.config)];
    const admit = { request: { prompt, run_id: runId, initiator }, ...chosen, before };
    const change: Change =
      runId === ""
        ? { messages: prompt === "" ? before : [...before, ...turnMessages(prompt, {}, "")] }
        : admission(ids.sessionId, undefined, admit);
    const createdAt = Date.now();
    this.#journal.create(
      { ...ids, createdAt: Math.floor(createdAt / 1_000), labels: labels ?? {} },
      newState(request, chosen.identity, createdAt),
      {
        ...change,
        also: ({ first }) => {
          this.#keys.remember(request, { hash, runId, firstSeq: runId === "" ? 0 : first });
          storeTools(this.#storage, "session", request.external_tools);
          storeTools(this.#storage, "turn", request.turn_tools);
          keepWish(this.#storage, request);
          if (runId !== "") storeOutput(this.#storage, chosen.output);
        },
      },
    );
    return this.#admitted(runId, realm);
  }

  /** Admits a turn, lets it wait or join as it wishes, or finds the one that its key started before. */
  async startTurn(request: TurnRequest, realm: RealmInUse): Promise<Admitted> {
    const hash = await fingerprint(request);
    const { state } = present(this.#journal);
    const repeat = this.#keys.repeat(request, hash);
    if (repeat) return repeat;

    const mode = request.handling_mode;
    const facts = { hash, runId: request.run_id, firstSeq: this.#journal.seq + 1 };
    if (state.run ? mode === "queue" : !this.#queue.isEmpty) {
      if (!mode) throw busy(undefined);
      choose(withSessionWish(this.#storage, state, request), state.identity, realm);
      this.#queue.add(request, () => this.#keys.remember(request, facts));
      return { ...facts, isRepeat: true };
    }
    if (state.run && mode === "steer") {
      const joined = { ...facts, runId: state.run.runId, firstSeq: state.run.firstSeq };
      const { prompt, run_id: inputId, ...parts } = request;
      const messages = turnMessages(prompt, parts, inputId);
      const remember = () => this.#keys.remember(request, joined);
      this.#inputs.steer({ inputId, joins: state.run.runId, messages }, remember);
      return { ...joined, isRepeat: true };
    }
    return this.#admit(request, realm, (firstSeq) =>
      this.#keys.remember(request, { ...facts, firstSeq }),
    );
  }

  /** Admits the next waiting turn, if the session is free. @returns whether one begins */
  admitNext(realm: RealmInUse): boolean {
    const next = this.#queue.next();
    const { state } = present(this.#journal);
    if (!next || state.run) return false;
    this.#admit(next.request, realm, this.#queue.started(next.position), next.createdAt);
    return true;
  }

  /** Everything the loop needs to run, or to run on. @throws {AppError} `PROVIDER_ERROR` without a key */
  async assemble({ runId, settings }: RunState): Promise<Assembled> {
    const access = await this.#access.of(runId);
    return {
      settings,
      provider: providerFor(settings.provider, access, settings.own?.server),
      fallbacks: settings.fallbacks?.map((model) => openedFallback(model, access)) ?? [],
      clientTools: loadTools(this.#storage, settings),
      output: loadOutput(this.#storage, settings),
      arrivals: [],
    };
  }

  #admit(
    request: TurnRequest,
    realm: RealmInUse,
    also: (firstSeq: number) => void,
    queuedAt?: number,
  ): Admitted {
    const { identity, state } = present(this.#journal);
    const wish = withSessionWish(this.#storage, state, request);
    const chosen = choose(wish, state.identity, realm);
    const arrived = this.#inputs.arrivals();
    const admit = { request, ...chosen, before: arrived.messages, queuedAt };
    const change = admission(identity.sessionId, state, admit);
    const { queueCount = 0 } = state;
    this.#journal.commit({
      ...change,
      state: (place) => ({
        ...change.state?.(place),
        inputCount: 0,
        isSteered: false,
        queueCount: queuedAt === undefined ? queueCount : queueCount - 1,
      }),
      also: ({ first }) => {
        also(first);
        storeTools(this.#storage, "turn", request.turn_tools);
        storeOutput(this.#storage, chosen.output);
        arrived.take();
      },
    });
    return this.#admitted(request.run_id, realm);
  }

  #admitted(runId: string, { access }: RealmInUse): Admitted {
    if (runId !== "") this.#access.hold(runId, access);
    const { run } = present(this.#journal).state;
    return { runId, firstSeq: run?.firstSeq ?? 0, isRepeat: false };
  }
}

const exists = new AppError("CONFLICT", "The session exists already");

function raise(error: Error): never {
  throw error;
}
