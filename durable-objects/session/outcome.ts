import { AppError, type ErrorCode, type FailureClass } from "../../sdk/contract/index.ts";
import type { SchemaWarning } from "../../sdk/contract/output-schema.ts";
import type { ModelEnd, ProviderError } from "../providers/provider.ts";

/** How a run ends. */
export type Outcome =
  | { ok: true; text: string; cause?: string | undefined; extraction?: Extraction }
  | ({ ok: false } & Failure);

/** What came of a schema to answer by. */
export type Extraction = { warnings: SchemaWarning[] } & (
  | { ok: true; value: unknown }
  | { ok: false; lastOutput: string; attempts: number; reason: string }
);

interface Failure {
  class: FailureClass;
  code: ErrorCode;
  message: string;
  /** `terminal_cause_kind` of contract 6.1. */
  cause?: string | undefined;
}

/** The outcome of a step after which the model wants nothing more, or a limit forbids it (`cause`). */
export function outcomeOf(end: ModelEnd, text: string, cause: string | undefined): Outcome {
  if (end.stop !== "content_filter" || text !== "") return { ok: true, text, cause };
  const message = "The model declined to answer";
  return { ok: false, class: "content_filtered", code: "PROVIDER_ERROR", message };
}

/** The outcome of a vendor's failure that no retry could mend; `tried` are all models that failed, if several. */
export function providerFailure(error: ProviderError, tried: readonly string[]): Outcome {
  return {
    ok: false,
    class: error.kind === "auth" ? "auth" : "llm",
    code: "PROVIDER_ERROR",
    message: tried.length > 1 ? `All models failed: ${tried.join("; ")}` : error.message,
    cause: error.retryable ? "retry_exhausted" : "llm_failure",
  };
}

/** The outcome of an interrupt: its own kind, never an error of the model's (contract 5.2). */
export const cancelled: Outcome = {
  ok: false,
  class: "cancelled",
  code: "REQUEST_CANCELLED",
  message: "The turn was cancelled",
};

/** The outcome of a fault of ours: told in general words, logged whole. */
export const internalFailure: Extract<Outcome, { ok: false }> = {
  ok: false,
  class: "internal",
  code: "INTERNAL_ERROR",
  message: "The turn failed for an internal reason",
  cause: "fatal_failure",
};

/** The outcome of a run that used up its time (contract 7.7: a hard end). */
export function outOfTime(limitMs: number): Outcome {
  return {
    ok: false,
    class: "budget",
    code: "BUDGET_EXHAUSTED",
    message: `The turn took longer than its limit of ${limitMs} ms`,
    cause: "time_budget_exceeded",
  };
}

/** The outcome of whatever escaped the loop: a typed failure as it is, anything else logged and hidden. */
export function outcomeOfError(cause: unknown): Outcome {
  if (cause instanceof AppError) {
    return { ok: false, class: "config", code: cause.code, message: cause.message };
  }
  console.error("turn failed", cause);
  return internalFailure;
}
