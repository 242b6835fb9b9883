import * as z from "zod";
import { ContentBlock, StopReason } from "./messages.ts";
import { ProviderName } from "./run.ts";
import { Usage } from "./usage.ts";

const ModelName = z.object({ provider: ProviderName, model: z.string() });

const tool = { id: z.string(), name: z.string() };

/** The classes of failure that a run can end with (contract 5.2). */
export const FailureClass = z.enum([
  "llm",
  "auth",
  "tool",
  "budget",
  "content_filtered",
  "max_turns",
  "cancelled",
  "config",
  "callback_pending",
  "structured_output",
  "internal",
]);
export type FailureClass = z.infer<typeof FailureClass>;

/**
 * What happens in a session, in the order it happened (contract 5). Add a member; never change one.
 * The fields of both contract generations stand beside each other where they do not collide.
 */
export const AgentEvent = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("run_started"),
    session_id: z.string(),
    run_id: z.string(),
    /** The prompt's text; images are named, not carried. */
    prompt: z.string(),
    input: z.object({ kind: z.literal("content"), content: z.string() }),
  }),
  z.object({ type: z.literal("turn_started"), turn_number: z.int() }),
  z.object({ type: z.literal("reasoning_delta"), delta: z.string() }),
  z.object({ type: z.literal("reasoning_complete"), content: z.string() }),
  z.object({ type: z.literal("text_delta"), delta: z.string() }),
  z.object({ type: z.literal("text_complete"), content: z.string() }),
  z.object({ type: z.literal("tool_call_requested"), ...tool, args: z.unknown() }),
  z.object({ type: z.literal("tool_execution_started"), ...tool }),
  z.object({
    type: z.literal("tool_execution_completed"),
    ...tool,
    result: z.string(),
    content: z.array(ContentBlock),
    is_error: z.boolean(),
    duration_ms: z.int(),
    has_images: z.boolean(),
  }),
  z.object({ type: z.literal("tool_execution_timed_out"), ...tool, timeout_ms: z.int() }),
  z.object({
    type: z.literal("tool_result_received"),
    ...tool,
    is_error: z.boolean(),
    content: z.array(ContentBlock),
  }),
  z.object({
    type: z.literal("budget_warning"),
    budget_type: z.enum(["tokens", "time", "tool_calls"]),
    used: z.number(),
    limit: z.number(),
    percent: z.number(),
  }),
  /** The transcript's beginning is being condensed; `input_tokens` is what the last model call took in, 0 if unknown. */
  z.object({
    type: z.literal("compaction_started"),
    input_tokens: z.int(),
    estimated_history_tokens: z.int(),
    /** Messages that the model is shown. */
    message_count: z.int(),
  }),
  z.object({
    type: z.literal("compaction_completed"),
    summary_tokens: z.int(),
    /** Messages that the model was shown, and is shown from now on; the transcript keeps them all. */
    messages_before: z.int(),
    messages_after: z.int(),
  }),
  /** The model goes on with the whole transcript, if it can. */
  z.object({
    type: z.literal("compaction_failed"),
    error: z.string(),
    reason: z.object({ kind: z.string() }),
  }),
  z.object({
    type: z.literal("retrying"),
    attempt: z.int(),
    max_attempts: z.int(),
    error: z.string(),
    delay_ms: z.int(),
    retry: z.object({
      failure: z.object({
        provider: z.string(),
        kind: z.string(),
        retry_after_ms: z.int().optional(),
        message: z.string(),
      }),
      plan: z.object({
        attempt: z.int(),
        max_retries: z.int(),
        computed_delay_ms: z.int(),
        selected_delay_ms: z.int(),
        retry_after_hint_ms: z.int().optional(),
        rate_limit_floor_applied: z.boolean(),
        budget_capped: z.boolean(),
      }),
    }),
  }),
  /**
   * A model step started again: what it said from `voided_from_seq` on does not count (design I-6).
   * `reattached`: the vendor tells the same answer once more, and is not paid a second time.
   */
  z.object({
    type: z.literal("step_restarted"),
    run_id: z.string(),
    turn_number: z.int(),
    voided_from_seq: z.int(),
    reason: z.enum(["crash", "reattached", "stream_lost"]),
    attempt: z.int(),
    max_attempts: z.int(),
  }),
  /** The model's vendor is out: the rest of this run goes to another model. Nothing of the step was shown. */
  z.object({
    type: z.literal("model_fallback"),
    from: ModelName,
    to: ModelName,
    turn_number: z.int(),
    /** Why, in one word; `error` says it in full. */
    reason: z.string(),
    error: z.string(),
  }),
  /** The run waits for a client to run one of its own tools; `interaction_id` is the call's id. */
  z.object({
    type: z.literal("interaction_callback_pending"),
    interaction_id: z.string(),
    tool_name: z.string(),
    args: z.unknown(),
  }),
  /** The first event of a session that began with the first `at` messages of another one. */
  z.object({
    type: z.literal("session_forked"),
    session_id: z.string(),
    from_session_id: z.string(),
    at: z.int(),
  }),
  /** The newest turns were undone: messages from position `message_count` on are gone from the transcript. */
  z.object({
    type: z.literal("session_rewound"),
    session_id: z.string(),
    turns: z.int(),
    message_count: z.int(),
    removed_messages: z.int(),
  }),
  z.object({ type: z.literal("turn_completed"), stop_reason: StopReason, usage: Usage }),
  z.object({
    type: z.literal("run_completed"),
    session_id: z.string(),
    run_id: z.string(),
    result: z.string(),
    usage: Usage,
    extraction_required: z.boolean(),
    terminal_cause_kind: z.string().optional(),
  }),
  z.object({
    type: z.literal("run_failed"),
    session_id: z.string(),
    run_id: z.string(),
    error: z.string(),
    error_class: FailureClass,
    error_report: z.object({
      class: FailureClass,
      reason: z.string().optional(),
      message: z.string(),
    }),
    terminal_cause_kind: z.string().optional(),
  }),
]);
export type AgentEvent = z.infer<typeof AgentEvent>;

/** An event with its place in the session's log. */
export interface LogEntry {
  seq: number;
  timestampMs: number;
  event: AgentEvent;
}

/** Whether the run is over: nothing follows for it. */
export function endsRun(event: AgentEvent): boolean {
  return event.type === "run_completed" || event.type === "run_failed";
}
