import type {
  ErrorCode,
  Initiator,
  ModelCall,
  ProviderName,
  StopReason,
  Usage,
} from "../../sdk/contract/index.ts";
import type { Spent } from "../lib/budget-decision.ts";
import type { Timeouts, UpstreamHandle } from "../providers/provider.ts";
import type { RunTally } from "../telemetry/turn-record.ts";
import type { OwnModel } from "./model-identity.ts";
import type {
  CompactionPolicy,
  ExtractionSettings,
  RecoveryPolicy,
  RetryPolicy,
  RunLimits,
  ScopeBudgets,
} from "./run-policies.ts";
import type { CompactionMark } from "./summary.ts";

/** What never changes about a session. */
export interface SessionIdentity {
  sessionId: string;
  realmId: string;
  /** Unix seconds. */
  createdAt: number;
  labels: Record<string, string>;
}

/** Everything that changes about a session, kept beside the newest log row. Small: content lives elsewhere. */
export interface SessionState {
  /** Numbers up to here may have been shown to a client without having been stored (design I-3). */
  reservedUntil: number;
  /** Which model the next turn talks to, unless that turn says otherwise. */
  identity: ModelIdentity;
  messageCount: number;
  usage: Usage;
  /** Unix milliseconds of the last turn boundary. */
  updatedAt: number;
  /** The lease: a run that is stored here but not alive in memory has crashed (design I-9). */
  run?: RunState;
  lastRun?: FinishedRun;
  archivedAt?: number;
  /** What all model calls so far have used up. */
  spent?: Spent;
  /** Model calls so far, and those of them that the realm's books may not have yet. */
  callCount?: number;
  calls?: ModelCall[];
  /** Place of the newest rewind in the log. */
  rewoundSeq?: number;
  /** Messages that wait to be told to the model at its next call. */
  inputCount?: number;
  /** Whether one of them steers the running turn, which then must not end without it. */
  isSteered?: boolean;
  /** Turns that wait for the running one. */
  queueCount?: number;
  /** Set once the transcript's beginning was condensed for the model. */
  compaction?: CompactionMark | undefined;
  lastCall?: CallSize | undefined;
  /** Whether the session was created with a schema that its turns answer by. */
  hasOutputSchema?: boolean;
}

export interface ModelIdentity {
  model: string;
  provider: ProviderName;
  providerParams: Record<string, unknown>;
}

/** A turn under way: all that a fresh object needs to carry it on. */
export interface RunState {
  runId: string;
  settings: RunSettings;
  /** Where the run's events start in the log. */
  firstSeq: number;
  /** Where the present model step starts: what came after is void if the step starts again. */
  stepSeq: number;
  /** Unix milliseconds. */
  startedAt: number;
  progress: RunProgress;
  /** The present step's call, while the vendor would go on with it without us. */
  upstream?: UpstreamHandle | undefined;
  /** What its model calls have used up. */
  spent?: Spent;
  /** How often the run was taken up again after a crash. */
  recoveries: number;
  /** What model calls that were lost in crashes have cost, USD, estimated. */
  recoveryUsd?: number;
  /** Unix milliseconds: since when it waited in the queue, if it did. */
  queuedAt?: number | undefined;
  initiator?: Initiator | undefined;
  /** What has happened in it, as far as it was stored; for whoever ends it. */
  tally?: RunTally;
  /** Set while clients run their own tools: the run then lives in storage alone and costs nothing. */
  waiting?: { callIds: string[]; since: number; until: number };
}

/** What a run has used up so far. */
export interface RunProgress {
  /** Finished model calls. */
  turns: number;
  toolCalls: number;
  usage: Usage;
  lastCall?: CallSize | undefined;
  /** Set once the run's own model was given up: which fallback it is on, and what failed before. */
  fallback?: { index: number; tried: string[] };
  /** Set once the answer is there and its JSON is not. */
  extraction?: ExtractionProgress | undefined;
}

/** Tokens of the newest model call, while they still tell how long the transcript is. */
interface CallSize {
  input: number;
  output: number;
}

/** How far the search for JSON that fits the schema has come. */
export interface ExtractionProgress {
  /** What is still to be told of the answer. */
  answer: { stop_reason: StopReason; usage: Usage };
  /** Answers that did not fit. */
  attempts: number;
  /** The last of them, cut if it is long, and what was wrong with it. */
  lastOutput: string;
  reason: string;
  /** The vendor's refusal of the schema: from then on the model is told in words. */
  refusal?: string;
}

/** A model and what is asked of it. */
export interface RunModel extends ModelIdentity {
  maxTokens: number;
  /** The model's window in tokens, where it is known. */
  contextWindow?: number;
  temperature?: number;
  /** What the realm's config said of it when the run began. */
  own?: OwnModel;
}

/** The choices a run was started with; a later config change does not touch them. */
export interface RunSettings extends RunModel {
  /** Where the run goes on, in this order, when its model's vendor is out. */
  fallbacks?: RunModel[];
  maxTurns: number;
  builtins: boolean;
  retry: RetryPolicy;
  recovery: RecoveryPolicy;
  timeouts: Timeouts;
  toolTimeoutMs: number;
  /** Tools that have a time of their own. */
  toolTimeoutsMs?: Record<string, number>;
  /** How many tools run side by side; 10 when absent. */
  maxConcurrentTools?: number;
  /** How long a client may take to run one of its own tools. */
  callbackTimeoutMs: number;
  /** Whether the turn brought tools of its own, besides the session's. */
  hasTurnTools: boolean;
  limits: RunLimits;
  budgets?: ScopeBudgets;
  /** Share of a budget at which a warning is told. */
  warnAt: number;
  compaction: CompactionPolicy;
  /** Set when the answer is wanted as JSON too; the schema lies beside the session's other documents. */
  extraction?: ExtractionSettings;
}

/** How the newest finished run ended: enough to answer a caller who asks again. */
export interface FinishedRun {
  runId: string;
  /** Place of the terminal event. */
  seq: number;
  turns: number;
  toolCalls: number;
  cause?: string;
  failure?: { code: ErrorCode; message: string };
}
