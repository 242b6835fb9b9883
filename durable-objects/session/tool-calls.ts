import type { AgentEvent, Content, ContentBlock, ToolResult } from "../../sdk/contract/index.ts";
import type { StoredMessage } from "../providers/provider.ts";
import {
  type Tool,
  type ToolContext,
  toolError,
  type ToolOutcome,
  type ToolSite,
} from "../tools/tool.ts";
import { wait } from "./retry.ts";
import type { RunSettings } from "./state.ts";

const MAX_CONCURRENT = 10;

/** One call of the model's to a tool. */
export interface ToolCall {
  id: string;
  name: string;
  args: unknown;
}

/** A finished call: its result for the transcript, and its event. */
export interface FinishedCall {
  result: ToolResult;
  event: AgentEvent;
}

interface Execution {
  tools: ReadonlyMap<string, Tool>;
  site: ToolSite;
  settings: Pick<RunSettings, "toolTimeoutMs" | "toolTimeoutsMs" | "maxConcurrentTools">;
  signal: AbortSignal;
}

/** The calls of the last assistant message that nothing has answered yet, in the model's order. */
export function openCalls(transcript: readonly StoredMessage[]): ToolCall[] {
  const newest = transcript.at(-1);
  return newest?.role === "block_assistant" ? callsOf(newest.blocks) : [];
}

/** The tool calls among an answer's blocks. */
export function callsOf(
  blocks: Extract<StoredMessage, { role: "block_assistant" }>["blocks"],
): ToolCall[] {
  return blocks.flatMap((block) => {
    if (block.block_type !== "tool_use") return [];
    const { id, name, args } = block.data;
    return [{ id, name, args }];
  });
}

/** Runs calls side by side, so many at once, and yields each as it finishes. Never throws: a failure is a result too. */
export async function* execute(
  calls: readonly ToolCall[],
  execution: Execution,
): AsyncGenerator<FinishedCall> {
  const { maxConcurrentTools = MAX_CONCURRENT } = execution.settings;
  const waiting = [...calls];
  const running = new Map<string, Promise<{ call: ToolCall; done: FinishedCall }>>();
  while (waiting.length > 0 || running.size > 0) {
    for (const call of waiting.splice(0, maxConcurrentTools - running.size)) {
      running.set(
        call.id,
        runCall(call, execution).then((done) => ({ call, done })),
      );
    }
    const { call, done } = await Promise.race(running.values());
    running.delete(call.id);
    yield done;
  }
}

/** Said to the model of a call that an interrupt or a crash cut off. */
export const CUT_OFF = "Interrupted before the tool finished; its effects are unknown";

/** A result for a call that has none, so that the transcript stays fit for the next request (design I-10). */
export function unanswered(call: ToolCall, content: string): ToolResult {
  return { tool_use_id: call.id, content, is_error: true };
}

/** The results of calls that a limit kept from running. */
export function notRun(calls: readonly ToolCall[]): StoredMessage {
  const results = calls.map((call) => unanswered(call, "Not run: the turn has reached its limit"));
  return { role: "tool_results", results, created_at: new Date().toISOString() };
}

/** After a crash: stored results are kept, harmless tools run again, others count as interrupted. */
export function knownResults(
  open: readonly ToolCall[],
  { tools, results }: Pick<Execution, "tools"> & { results: ReadonlyMap<string, ToolResult> },
): Map<string, ToolResult> {
  const known = new Map(results);
  for (const call of open) {
    const isHarmless = tools.get(call.name)?.idempotent ?? true;
    if (!known.has(call.id) && !isHarmless) known.set(call.id, unanswered(call, CUT_OFF));
  }
  return known;
}

/** Tells that the model will see this result. */
export function receivedEvent({ id, name }: ToolCall, result: ToolResult | undefined): AgentEvent {
  const { content = "", is_error = true } = result ?? {};
  return { type: "tool_result_received", id, name, is_error, content: toBlocks(content) };
}

async function runCall(call: ToolCall, { tools, site, settings, signal }: Execution) {
  const timeoutMs = timeLimit(call, settings);
  const startedAt = Date.now();
  const deadline = new AbortController();
  const ended = AbortSignal.any([signal, deadline.signal]);
  const outcome = await Promise.race([
    invoke(call, tools.get(call.name), { ...site, callId: call.id, signal: ended }),
    wait(timeoutMs, ended).then(() => undefined),
  ]);
  deadline.abort();
  const durationMs = Date.now() - startedAt;
  return outcome ? completed(call, outcome, durationMs) : timedOut(call, timeoutMs);
}

function timeLimit(
  { name }: ToolCall,
  { toolTimeoutMs, toolTimeoutsMs = {} }: Execution["settings"],
): number {
  // The model chooses the name; one that every object has must not be found.
  const own = Object.hasOwn(toolTimeoutsMs, name) ? toolTimeoutsMs[name] : undefined;
  return own ?? toolTimeoutMs;
}

async function invoke(
  call: ToolCall,
  tool: Tool | undefined,
  context: ToolContext,
): Promise<ToolOutcome> {
  if (!tool) return toolError(`There is no tool named "${call.name}"`);
  if (typeof call.args === "string") return toolError("The arguments are not valid JSON");
  try {
    return await tool.run(call.args, context);
  } catch (cause) {
    if (!context.signal.aborted) console.error(`tool ${call.name} failed`, cause);
    return toolError("The tool failed");
  }
}

/** A call that was answered: what the model and the watchers hear of it. */
export function completed({ id, name }: ToolCall, outcome: ToolOutcome, duration_ms: number) {
  const content = toBlocks(outcome.content);
  const result = content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n");
  const has_images = content.some((block) => block.type === "image");
  const is_error = outcome.isError;
  return {
    result: { tool_use_id: id, content: outcome.content, is_error },
    event: {
      type: "tool_execution_completed",
      id,
      name,
      result,
      content,
      is_error,
      duration_ms,
      has_images,
    },
  } satisfies FinishedCall;
}

/** A call that nobody answered in time. */
export function timedOut({ id, name }: ToolCall, timeout_ms: number): FinishedCall {
  return {
    result: timeoutResult(id, timeout_ms),
    event: { type: "tool_execution_timed_out", id, name, timeout_ms },
  };
}

export function timeoutResult(id: string, timeoutMs: number): ToolResult {
  const content = `The tool did not answer within ${timeoutMs} ms`;
  return { tool_use_id: id, content, is_error: true };
}

function toBlocks(content: Content): ContentBlock[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}
