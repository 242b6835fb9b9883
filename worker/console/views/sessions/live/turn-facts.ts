import type { AgentEvent, AgentEventEnvelope } from "meerkat-edge";

/** Tokens as events tell them. */
export type Usage = Extract<AgentEvent, { type: "run_completed" }>["usage"];

/** Something that befell a turn, told in one quiet line. */
export interface QuietLine {
  seq: number;
  /** The model call it happened in, from 0. */
  step: number;
  text: string;
  tone: "plain" | "warn" | "bad";
}

/** What the log tells of a turn beside its messages. */
export interface TurnFacts {
  runId: string;
  /** Where it starts in the log. */
  seq: number;
  prompt: string;
  startedMs: number;
  endedMs?: number;
  end?: "completed" | "failed" | "cancelled";
  /** Why it failed. */
  problem?: string;
  /** Of this turn alone; turns that fail or are interrupted do not tell. */
  usage?: Usage;
  /** The model that did all of it, as far as was told; `null` when there were several. */
  model?: string | null;
  /** What was being said when it was interrupted: the transcript does not keep that. */
  unfinished?: LiveStep;
  lines: QuietLine[];
}

/** A piece of what the model says in a step that goes on. */
export interface LivePiece {
  kind: "text" | "thinking";
  text: string;
}

/** A model call as it is told, until the transcript has it. */
export interface LiveStep {
  /** Its place in the turn, from 0. */
  step: number;
  pieces: LivePiece[];
  calls: { id: string; name: string; args: unknown; result?: LiveResult }[];
}

type Completed = Extract<AgentEvent, { type: "tool_execution_completed" }>;
type LiveResult = Pick<Completed, "content" | "isError">;

/** How a call of a tool goes, which the transcript does not tell. */
export interface CallFacts {
  state: "requested" | "running" | "done" | "failed" | "timed out" | "waiting";
  durationMs?: number;
}

/** The one line about an incident; nothing for events that are no incidents. */
export function lineOf(event: AgentEvent): Pick<QuietLine, "text" | "tone"> | undefined {
  switch (event.type) {
    case "retrying":
      return {
        text: `Retrying (${event.attempt} of ${event.maxAttempts}) in ${seconds(event.delayMs)}: ${event.error}`,
        tone: "warn",
      };
    case "step_restarted":
      return { text: restarts[event.reason], tone: "plain" };
    case "model_fallback":
      return {
        text: `${event.from.model} is unavailable (${event.reason}); going on with ${event.to.model}`,
        tone: "warn",
      };
    case "compaction_started":
      return { text: `Condensing ${event.messageCount} messages`, tone: "plain" };
    case "compaction_completed":
      return {
        text: `Condensed: the model now sees ${event.messagesAfter} messages instead of ${event.messagesBefore}`,
        tone: "plain",
      };
    case "compaction_failed":
      return { text: `Condensing failed: ${event.error}`, tone: "warn" };
    case "budget_warning":
      return {
        text: `${Math.round(event.percent)} % of the ${event.scope ?? "turn"}’s budget of ${event.budgetType.replaceAll("_", " ")} is used`,
        tone: "warn",
      };
    case "extraction_failed":
      return { text: "No answer fitted the output schema", tone: "warn" };
    default:
      return undefined;
  }
}

/** The call of a tool that an event is about, and how it goes now. */
export function callOf(event: AgentEvent): { id: string; facts: CallFacts } | undefined {
  switch (event.type) {
    case "tool_call_requested":
      return { id: event.id, facts: { state: "requested" } };
    case "tool_execution_started":
      return { id: event.id, facts: { state: "running" } };
    case "interaction_callback_pending":
      return { id: event.interactionId, facts: { state: "waiting" } };
    case "tool_execution_completed":
      return {
        id: event.id,
        facts: { state: event.isError ? "failed" : "done", durationMs: event.durationMs },
      };
    case "tool_execution_timed_out":
      return { id: event.id, facts: { state: "timed out", durationMs: event.timeoutMs } };
    default:
      return undefined;
  }
}

/** How a turn ended, by its last event. */
export function endOf({ payload, timestampMs }: AgentEventEnvelope): Partial<TurnFacts> {
  const endedMs = timestampMs;
  if (payload.type === "run_completed") {
    return { endedMs, end: "completed", usage: payload.usage };
  }
  if (payload.type !== "run_failed") return {};
  const isCancelled = payload.errorClass === "cancelled";
  return { endedMs, end: isCancelled ? "cancelled" : "failed", problem: payload.error };
}

const restarts: Readonly<
  Record<Extract<AgentEvent, { type: "step_restarted" }>["reason"], string>
> = {
  crash: "Recovered from a crash: this step started again",
  reattached: "Recovered from a crash: joined the answer that was under way",
  stream_lost: "The model’s stream was lost: this step started again",
};

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
