import { isRecord } from "../../sdk/json.ts";

type WireEvent = Record<string, unknown>;

/** From 0.7 on, the official SDKs end a stream that holds any other type. */
const known = new Set(
  `run_started run_completed run_failed extraction_succeeded extraction_failed turn_started
  turn_completed turn_usage_accounting_unmeasured turn_usage_accounting_identity_disputed
  reasoning_delta reasoning_complete text_delta text_complete assistant_image_appended
  tool_call_requested tool_result_received tool_execution_started tool_execution_completed
  tool_execution_timed_out compaction_started compaction_completed compaction_failed
  budget_warning retrying hook_started hook_completed hook_failed hook_denied skills_resolved
  skill_resolution_failed interaction_complete interaction_callback_pending interaction_failed
  stream_truncated tool_config_changed background_job_completed transcript_rewrite_committed
  peer_content_ingested provider_cache_breakpoints_discarded`.split(/\s+/),
);

/** An event as the official SDKs understand it; nothing for one that they would stumble over. */
export function forOfficialSdks(event: WireEvent): WireEvent | undefined {
  const { type } = event;
  if (type === "run_failed" && event.error_class === undefined) {
    const { error_report: report } = event;
    return extended(event, { error_class: isRecord(report) ? report.class : "internal" });
  }
  if (type === "step_restarted") return extended(event, restart(event));
  return typeof type === "string" && known.has(type) ? event : undefined;
}

/** The original has no word for a step that starts over after a crash; to its readers it is a retry. */
function restart({ attempt, max_attempts, reason }: WireEvent): WireEvent {
  const message = `The model step starts over (${String(reason)})`;
  const plan = { attempt, max_retries: max_attempts, computed_delay_ms: 0, selected_delay_ms: 0 };
  return {
    type: "retrying",
    error: message,
    delay_ms: 0,
    retry: {
      failure: { provider: "runtime", kind: "retryable_provider_error", message },
      plan: { ...plan, rate_limit_floor_applied: false, budget_capped: false },
    },
  };
}

/** Older SDKs read the event's own members, newer ones those of its payload: both get them. */
function extended(event: WireEvent, members: WireEvent): WireEvent {
  const payload = isRecord(event.payload) ? { ...event.payload, ...members } : members;
  return { ...event, ...members, payload };
}
