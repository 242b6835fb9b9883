import {
  AppError,
  type ClientTool,
  type ConfigDocument,
  type Content,
  type Labels,
  noUsage,
} from "../../sdk/contract/index.ts";
import { providerFor } from "../providers/index.ts";
import type { StoredMessage } from "../providers/provider.ts";
import { builtins } from "../tools/index.ts";
import { admission, type TurnRequest } from "./admission.ts";
import { loadTools, storeTools } from "./client-tools.ts";
import type { IntakeStorage, KnownRequest } from "./intake-storage.ts";
import type { Change, Journal } from "./journal.ts";
import { systemMessage, turnMessages } from "./prompt.ts";
import { fingerprint } from "./fingerprint.ts";
import { modelIdentity, runSettings } from "./settings.ts";
import type { ModelIdentity, RunSettings, RunState } from "./state.ts";
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
  /** Whether an earlier request under the same key was answered instead. */
  isRepeat: boolean;
}

/** What comes into a session: checked, counted once, and written in one transaction (design I-11). */
export class Intake {
  readonly #journal: Journal;
  readonly #storage: IntakeStorage;
  readonly #env: object;

  constructor(journal: Journal, storage: IntakeStorage, env: object) {
    this.#journal = journal;
    this.#storage = storage;
    this.#env = env;
  }

  /** Creates the session and admits its first turn. Checks everything before it writes anything. */
  async create(
    ids: { realmId: string; sessionId: string },
    request: CreateRequest,
    config: ConfigDocument,
  ): Promise<Admitted> {
    const hash = await fingerprint(request);
    if (this.#journal.session) return this.#repeat(request, hash) ?? raise(exists);

    const chosen = this.#choose(request, undefined, config);
    const { run_id: runId = "", prompt = "", labels } = request;
    const before = [systemMessage(request, config)];
    const admit = { request: { prompt, run_id: runId }, ...chosen, before };
    const change: Change =
      runId === ""
        ? { messages: prompt === "" ? before : [...before, ...turnMessages(prompt, {}, "")] }
        : admission(ids.sessionId, undefined, admit);
    const createdAt = Date.now();
    this.#journal.create(
      { ...ids, createdAt: Math.floor(createdAt / 1_000), labels: labels ?? {} },
      { reservedUntil: 0, identity: chosen.identity, usage: noUsage, updatedAt: createdAt },
      {
        ...change,
        also: ({ first }) => {
          this.#remember(request, { hash, runId, firstSeq: runId === "" ? 0 : first });
          storeTools(this.#storage, "session", request.external_tools);
          storeTools(this.#storage, "turn", request.turn_tools);
        },
      },
    );
    return this.#admitted(runId);
  }

  /** Admits a turn, or finds the one that an earlier request under the same key started. */
  async startTurn(request: TurnRequest, config: ConfigDocument): Promise<Admitted> {
    const hash = await fingerprint(request);
    const repeat = this.#repeat(request, hash);
    if (repeat) return repeat;

    const { identity, state } = present(this.#journal);
    const chosen = this.#choose(request, state.identity, config);
    const before = this.#storage.inputs();
    const change = admission(identity.sessionId, state, { request, ...chosen, before });
    this.#journal.commit({
      ...change,
      state: (place) => ({ ...change.state?.(place), inputCount: 0 }),
      also: ({ first }) => {
        this.#remember(request, { hash, runId: request.run_id, firstSeq: first });
        storeTools(this.#storage, "turn", request.turn_tools);
        this.#storage.clearInputs();
      },
    });
    return this.#admitted(request.run_id);
  }

  /** Keeps a message for the model's next call; one under a known key is not kept twice. */
  async note(
    message: StoredMessage,
    key: string | undefined,
    applyNow: boolean,
  ): Promise<"applied" | "staged" | "duplicate"> {
    const { created_at: _at, ...content } = message;
    const hash = await fingerprint(content);
    const { state } = present(this.#journal);
    if (key !== undefined && this.#repeat({ idempotency_key: key }, hash)) return "duplicate";
    const remember = () => {
      if (key !== undefined) this.#storage.remember({ key, hash, runId: "", firstSeq: 0 });
    };
    if (applyNow && !state.run) {
      this.#journal.commit({ messages: [message], also: remember });
      return "applied";
    }
    this.#journal.commit({
      state: () => ({ inputCount: (state.inputCount ?? 0) + 1 }),
      also: () => {
        remember();
        this.#storage.addInput(message);
      },
    });
    return "staged";
  }

  /** Messages that wait, and the statement that takes them off the list. */
  arrivals(): { messages: StoredMessage[]; take: () => void } {
    const isEmpty = !this.#journal.session?.state.inputCount;
    if (isEmpty) return { messages: [], take: () => {} };
    return { messages: this.#storage.inputs(), take: () => this.#storage.clearInputs() };
  }

  /** Everything the loop needs to run, or to run on. @throws {AppError} `PROVIDER_ERROR` without a key */
  assemble(
    run: RunState,
  ): Omit<Turn, "signal" | "transcript" | "results" | "cacheKey" | "progress"> {
    const { settings } = run;
    return {
      settings,
      provider: providerFor(settings.provider, this.#env),
      tools: settings.builtins ? builtins : new Map(),
      clientTools: loadTools(this.#storage, settings),
      arrivals: [],
    };
  }

  #choose(
    request: TurnRequest | CreateRequest,
    current: ModelIdentity | undefined,
    config: ConfigDocument,
  ): { identity: ModelIdentity; settings: RunSettings } {
    const identity = modelIdentity(request, current, config, this.#env);
    providerFor(identity.provider, this.#env);
    return { identity, settings: runSettings(request, identity, config) };
  }

  #admitted(runId: string): Admitted {
    const { run } = present(this.#journal).state;
    return { runId, firstSeq: run?.firstSeq ?? 0, isRepeat: false };
  }

  #repeat(request: { idempotency_key?: string | null | undefined }, hash: string) {
    const key = request.idempotency_key;
    const known = key ? this.#storage.request(key) : undefined;
    if (!known) return undefined;
    if (known.hash === hash) return { ...known, isRepeat: true };
    throw new AppError("CONFLICT", "The idempotency key was used for another request", {
      reason: "idempotency_key_reused",
    });
  }

  #remember(
    { idempotency_key: key }: { idempotency_key?: string | null | undefined },
    facts: Omit<KnownRequest, "key">,
  ): void {
    if (key) this.#storage.remember({ key, ...facts });
  }
}

const exists = new AppError("CONFLICT", "The session exists already");

function raise(error: Error): never {
  throw error;
}
