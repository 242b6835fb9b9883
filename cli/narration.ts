import type { AgentEvent } from "../sdk/index.ts";

const ARGS_BYTES = 200;
const RESULT_LINES = 20;

/** What a person is told about an event that is not the answer itself; nothing for most. */
export function narrate(event: AgentEvent): string | undefined {
  if (event.type === "tool_call_requested") {
    return `→ ${event.name} ${preview(JSON.stringify(event.args) ?? "")}`;
  }
  if (event.type === "tool_execution_completed") {
    const outcome = event.isError ? " failed" : "";
    return `← ${event.name}${outcome} (${event.durationMs} ms)${indented(event.result)}`;
  }
  if (event.type === "tool_execution_timed_out") {
    return `← ${event.name} timed out after ${event.timeoutMs} ms`;
  }
  if (event.type === "compaction_started") return "Condensing the beginning of the conversation…";
  if (event.type === "compaction_completed") {
    return `Condensed ${event.messagesBefore} messages to ${event.messagesAfter}; the history keeps them all`;
  }
  return warn(event);
}

/** A tool call that has ended, with what it was asked, on one line of a terminal. */
export function folded(event: ToolCallEnd, args: unknown, width: number): string {
  const asked = `${event.name} ${JSON.stringify(args) ?? ""}`;
  if (event.type === "tool_execution_timed_out") {
    return fitted(`✗ ${asked} timed out after ${event.timeoutMs} ms`, width);
  }
  const mark = event.isError ? "✗" : "✓";
  const time = ` (${event.durationMs} ms)`;
  const [first = "", ...more] = event.result.split("\n");
  const result = more.length > 0 ? `${first}… ${more.length} more lines` : first;
  return fitted(`${mark} ${asked} → ${result}`, width - time.length) + time;
}

/** The events that end a tool call. */
export type ToolCallEnd = Extract<
  AgentEvent,
  { type: "tool_execution_completed" | "tool_execution_timed_out" }
>;

function fitted(line: string, width: number): string {
  return line.length < width ? line : `${line.slice(0, Math.max(0, width - 2)).toWellFormed()}…`;
}

/** The part of it that is told even when the user did not ask to watch. */
export function warn(event: AgentEvent): string | undefined {
  if (event.type === "budget_warning") {
    const percent = Math.round(event.percent * 100);
    return `Budget: ${percent} % of ${event.budgetType} used (${event.used} of ${event.limit})`;
  }
  if (event.type === "retrying") {
    return `Retrying in ${event.delayMs} ms (${event.attempt} of ${event.maxAttempts}): ${event.error}`;
  }
  if (event.type === "compaction_failed") return `Condensing failed: ${event.error}`;
  if (event.type === "model_fallback") {
    const [from, to] = [event.from, event.to].map(({ provider, model }) => `${provider}/${model}`);
    return `${from} is out (${event.error}); the turn goes on with ${to}.`;
  }
  if (event.type === "step_restarted") {
    const why = event.reason.replace("_", " ");
    return `The answer is being restarted (${why}, attempt ${event.attempt} of ${event.maxAttempts}); what follows replaces it.`;
  }
  return undefined;
}

function preview(text: string): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= ARGS_BYTES) return text;
  // Cut by bytes; a character that the cut splits is dropped.
  const kept = new TextDecoder().decode(bytes.subarray(0, ARGS_BYTES), { stream: true });
  return `${kept}…`;
}

function indented(result: string): string {
  const lines = result.split("\n");
  const shown = lines.slice(0, RESULT_LINES).map((line) => `\n  ${line}`);
  const hidden = lines.length - shown.length;
  return shown.join("") + (hidden > 0 ? `\n  … ${hidden} more lines` : "");
}
