import type { AgentEvent, RunResult } from "../../sdk/contract/index.ts";
import type { Outcome } from "./outcome.ts";

/** What became of a run's JSON: told right before its end, so that nothing follows that (design I-8). */
export function extractionEvents(
  session_id: string,
  run_id: string,
  outcome: Outcome,
): AgentEvent[] {
  if (!outcome.ok || !outcome.extraction) return [];
  const { extraction } = outcome;
  const ids = { session_id, run_id };
  const warnings = extraction.warnings.length > 0 ? { schema_warnings: extraction.warnings } : {};
  if (extraction.ok) {
    const structured_output = extraction.value;
    return [{ type: "extraction_succeeded", ...ids, structured_output, ...warnings }];
  }
  const { lastOutput: last_output, attempts, reason } = extraction;
  return [{ type: "extraction_failed", ...ids, last_output, attempts, reason, ...warnings }];
}

/** The same in a run's result, from the event before its last. */
export function extractionFields(
  event: AgentEvent | undefined,
): Pick<RunResult, "structured_output" | "schema_warnings" | "extraction_error"> {
  if (event?.type === "extraction_succeeded") {
    const { structured_output, schema_warnings = null } = event;
    return { structured_output, schema_warnings };
  }
  if (event?.type !== "extraction_failed")
    return { structured_output: null, schema_warnings: null };
  const { last_output, attempts, reason, schema_warnings = null } = event;
  const extraction_error = { last_output, attempts, reason };
  return { structured_output: null, schema_warnings, extraction_error };
}
