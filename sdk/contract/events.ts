import * as z from "zod";
import { incidents } from "./incidents.ts";
import { ContentBlock, StopReason } from "./messages.ts";
import { ExtractionFailed, ExtractionSucceeded } from "./output-schema.ts";
import { Usage } from "./usage.ts";

const tool = { id: z.string(), name: z.string() };

/** Set when the event shows only the beginning of what would be this long; the transcript has it whole. */
const cut = { truncated: z.literal(true).optional(), total_chars: z.int().optional() };

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
    ...cut,
  }),
  z.object({ type: z.literal("turn_started"), turn_number: z.int() }),
  z.object({ type: z.literal("reasoning_delta"), delta: z.string() }),
  z.object({ type: z.literal("reasoning_complete"), content: z.string(), ...cut }),
  z.object({ type: z.literal("text_delta"), delta: z.string() }),
  z.object({ type: z.literal("text_complete"), content: z.string(), ...cut }),
  z.object({ type: z.literal("tool_call_requested"), ...tool, args: z.unknown(), ...cut }),
  z.object({ type: z.literal("tool_execution_started"), ...tool }),
  z.object({
    type: z.literal("tool_execution_completed"),
    ...tool,
    result: z.string(),
    content: z.array(ContentBlock),
    is_error: z.boolean(),
    duration_ms: z.int(),
    has_images: z.boolean(),
    ...cut,
  }),
  z.object({ type: z.literal("tool_execution_timed_out"), ...tool, timeout_ms: z.int() }),
  z.object({
    type: z.literal("tool_result_received"),
    ...tool,
    is_error: z.boolean(),
    content: z.array(ContentBlock),
    ...cut,
  }),
  z.object({
    type: z.literal("budget_warning"),
    budget_type: z.enum(["tokens", "time", "tool_calls", "dollars", "model_calls"]),
    /** Whose budget it is; the turn's own unless told. */
    scope: z.enum(["turn", "session", "realm", "day"]).optional(),
    used: z.number(),
    limit: z.number(),
    percent: z.number(),
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
  ...incidents,
  /** The run waits for a client to run one of its own tools; `interaction_id` is the call's id. */
  z.object({
    type: z.literal("interaction_callback_pending"),
    interaction_id: z.string(),
    tool_name: z.string(),
    args: z.unknown(),
    ...cut,
  }),
  z.object({ type: z.literal("turn_completed"), stop_reason: StopReason, usage: Usage }),
  ExtractionSucceeded,
  ExtractionFailed,
  z.object({
    type: z.literal("run_completed"),
    session_id: z.string(),
    run_id: z.string(),
    result: z.string(),
    usage: Usage,
    structured_output: z.unknown().optional(),
    /** Always false: what is to be extracted is extracted before. */
    extraction_required: z.boolean(),
    ...cut,
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
