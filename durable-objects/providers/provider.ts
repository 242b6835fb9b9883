import type {
  AssistantBlock,
  Message,
  ModelTraits,
  StopReason,
  Usage,
} from "../../sdk/contract/index.ts";
import type { ToolDefinition } from "../tools/tool-definition.ts";
import type { OutputFormat } from "./schema/lowering.ts";

/** A language model's vendor. Everything one vendor does differently stays behind this. */
export interface Provider {
  readonly name: string;
  /**
   * Asks the model for one step. Yields deltas as they arrive and exactly one `end`, last.
   * Ends early without `end` when `signal` aborts; the upstream socket is closed by then.
   * @throws {ProviderError} for every failure of the vendor, its network or its stream.
   */
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent>;
  /**
   * Joins a call that went on without us and tells all of it again, from its first word: like `stream`,
   * but the vendor does the work only once. Absent where no call outlives its connection.
   * @throws {ProviderError} also when the call is not to be had any more
   */
  resume?(
    handle: UpstreamHandle,
    request: ModelRequest,
    signal: AbortSignal,
  ): AsyncIterable<ModelEvent>;
  /** Ends a call that would go on without us. Harmless on one that is over. @throws {ProviderError} */
  cancel?(handle: UpstreamHandle): Promise<void>;
}

/** A call that outlives its connection, as far as it takes to find it again. Stored; holds no secret. */
export interface UpstreamHandle {
  /** Who can read `id`. */
  kind: "openai_response" | "ai_gateway_run";
  id: string;
}

/** One model call, in our own terms. */
export interface ModelRequest {
  model: string;
  /** What it takes: the rest of the request is fitted to it. */
  traits: ModelTraits;
  system: string | undefined;
  /** The whole transcript so far, oldest first; never rewritten between calls of a session. */
  messages: readonly StoredMessage[];
  /** Sorted by name, so that the vendor's prompt cache sees the same prefix each time. */
  tools: readonly ToolDefinition[];
  /** The model must not call any of them: they are there to explain the calls of the past. */
  mayNotCall?: boolean;
  /** What the answer must look like, in this vendor's dialect. */
  format?: OutputFormat | undefined;
  /** Output limit, tokens. */
  maxTokens: number;
  temperature: number | undefined;
  /** The flat `provider_params` of contract 9.3; keys that this vendor does not know are ignored. */
  params: Readonly<Record<string, unknown>>;
  /** Stable per session; vendors use it to route to a warm cache. */
  cacheKey: string;
  timeouts: Timeouts;
}

/** How long a silent vendor is waited for, milliseconds. */
export interface Timeouts {
  /** Until the response headers. */
  headersMs: number;
  /** Between two chunks of the stream. */
  idleMs: number;
}

export type ModelEvent =
  | { type: "text"; delta: string }
  | { type: "reasoning"; delta: string }
  /** The call can be joined again under this handle from now on. */
  | { type: "handle"; handle: UpstreamHandle }
  /** Totals so far; the last one wins. It is what an aborted step is charged for. */
  | { type: "usage"; usage: Usage }
  | ModelEnd;

/** The finished step. */
export interface ModelEnd {
  type: "end";
  stop: StopReason;
  /** What the vendor called it, kept for the log. */
  rawStop: string;
  /** The normalised blocks, in order. */
  blocks: AssistantBlock[];
  /** The vendor's own content, verbatim: what the next request replays. */
  native: NativeContent;
  usage: Usage;
}

/** A vendor's content kept as it came, with the name of who can read it. */
interface NativeContent {
  provider: string;
  model: string;
  content: unknown;
}

/** A message as it is stored: the public one, what its vendor wants to see again, and whether a turn begins here. */
export type StoredMessage = Message & { native?: NativeContent; opensTurn?: true };

/** Why a vendor's call failed, in the words of contract 5 (`retry.failure.kind` and `error_report.class`). */
export type ProviderErrorKind =
  | "auth"
  | "invalid_request"
  | "context_too_long"
  | "not_found"
  | "rate_limited"
  | "overloaded"
  | "server_error"
  | "network"
  | "header_timeout"
  | "idle_timeout"
  | "stream_truncated"
  | "bad_response";

/** A failure of the vendor, its network or its stream. `message` is safe to show: it holds no secret. */
export class ProviderError extends Error {
  override name = "ProviderError";
  readonly kind: ProviderErrorKind;
  readonly retryable: boolean;
  readonly status: number | undefined;
  /** The vendor's own wish for the next try, milliseconds from now. */
  readonly retryAfterMs: number | undefined;

  constructor(kind: ProviderErrorKind, message: string, facts: ProviderErrorFacts = {}) {
    super(message);
    this.kind = kind;
    this.retryable = facts.retryable ?? retryableKinds.has(kind);
    this.status = facts.status;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

interface ProviderErrorFacts {
  retryable?: boolean;
  status?: number | undefined;
  retryAfterMs?: number | undefined;
}

const retryableKinds = new Set<ProviderErrorKind>([
  "rate_limited",
  "overloaded",
  "server_error",
  "network",
  "header_timeout",
  "idle_timeout",
  "stream_truncated",
]);
