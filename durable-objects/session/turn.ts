import { addUsage, type AgentEvent, noUsage, type ToolResult } from "../../sdk/contract/index.ts";
import type { ModelEnd, Provider, StoredMessage, ToolDefinition } from "../providers/provider.ts";
import type { Tool } from "../tools/tool.ts";
import { exhausted, warnings } from "./budget.ts";
import { modelRequest } from "./model-request.ts";
import { type Outcome, outcomeOf, providerFailure } from "./outcome.ts";
import type { RunProgress, RunSettings } from "./state.ts";
import { type DeltaEvent, runStep, StepFailed } from "./step.ts";
import {
  callsOf,
  execute,
  knownResults,
  openCalls,
  receivedEvent,
  CUT_OFF,
  notRun,
  type ToolCall,
  unanswered,
} from "./tool-calls.ts";

/** Everything a run needs; it reaches for nothing else. */
export interface Turn {
  settings: RunSettings;
  provider: Provider;
  tools: ReadonlyMap<string, Tool>;
  /** Tools that a client runs: the loop stops at a call of one and is started again with its result. */
  clientTools: readonly ToolDefinition[];
  cacheKey: string;
  /** The transcript, the new user message included. */
  transcript: readonly StoredMessage[];
  progress: RunProgress;
  /** Results that a crashed try of this run had stored already, by call id. */
  results: ReadonlyMap<string, ToolResult>;
  /** Messages that came in while the run went on, put here with the commit that opens a step. */
  arrivals: StoredMessage[];
  signal: AbortSignal;
}

/** What the loop wants done, in order. It stores nothing and sends nothing itself. */
export type TurnOutput =
  | { type: "delta"; event: DeltaEvent }
  | ({ type: "commit"; opensStep?: true } & Part)
  | { type: "park"; calls: ToolCall[] }
  | ({ type: "end"; outcome: Outcome } & Part);

interface Part {
  events: AgentEvent[];
  messages: StoredMessage[];
  progress: RunProgress;
}

/**
 * Runs one turn and tells it as outputs: model step, tool calls, results, next step, until the model
 * is done or a limit is reached. Stops without an `end` when the signal aborts it.
 */
export async function* runTurn(turn: Turn): AsyncGenerator<TurnOutput> {
  const transcript = [...turn.transcript];
  let { progress } = turn;

  // A crash may have left calls open: they are finished before the model is asked again.
  const left = openCalls(transcript);
  if (left.length > 0) {
    const known = knownResults(left, turn);
    const spent = yield* toolStep(turn, transcript, { open: left, known, progress });
    if (!spent) return;
    progress = spent;
  }
  while (!turn.signal.aborted) {
    transcript.push(...turn.arrivals.splice(0));
    const step = yield* modelStep(turn, transcript, progress);
    if (!step) return;
    transcript.push(step.message);
    const spent = yield* toolStep(turn, transcript, { ...step, known: new Map() });
    if (!spent) return;
    progress = spent;
  }
}

/** One model call. Returns nothing when the run is over: it has told its end, or was aborted. */
async function* modelStep(
  turn: Turn,
  transcript: readonly StoredMessage[],
  before: RunProgress,
): AsyncGenerator<TurnOutput, AfterModel | undefined> {
  const { provider, settings, signal } = turn;
  const request = modelRequest(turn, transcript);
  const step = runStep({ provider, request, retry: settings.retry, signal });
  try {
    for (;;) {
      const next = await step.next();
      if (next.done) {
        if (!next.value) return undefined;
        return yield* closeStep(turn, next.value, addStep(before, next.value));
      }
      if (next.value.type === "delta") yield next.value;
      else yield { ...next.value, type: "commit", messages: [], progress: before };
    }
  } catch (cause) {
    if (!(cause instanceof StepFailed)) throw cause;
    const progress = { ...before, usage: addUsage(before.usage, cause.usage ?? noUsage) };
    const outcome = providerFailure(cause.cause);
    yield { type: "end", events: [], messages: [], progress, outcome };
    return undefined;
  }
}

interface AfterModel {
  message: StoredMessage;
  open: ToolCall[];
  progress: RunProgress;
}

function* closeStep(
  turn: Turn,
  end: ModelEnd,
  progress: RunProgress,
): Generator<TurnOutput, AfterModel | undefined> {
  const text = textOf(end);
  const events: AgentEvent[] = text === "" ? [] : [{ type: "text_complete", content: text }];
  const { blocks, stop, native, usage } = end;
  const message: StoredMessage = {
    role: "block_assistant",
    blocks,
    stop_reason: stop,
    native,
    created_at: now(),
  };

  const open = callsOf(blocks);
  const limit = exhausted(turn.settings, progress, open.length);
  if (open.length === 0 || limit) {
    if (limit?.event) events.push(limit.event);
    events.push({ type: "turn_completed", stop_reason: stop, usage });
    // The transcript must answer every call, even those that a limit keeps from running.
    const messages = open.length === 0 ? [message] : [message, notRun(open)];
    const outcome = outcomeOf(end, text, limit?.cause);
    yield { type: "end", events, messages, progress, outcome };
    return undefined;
  }
  events.push(...warnings(turn.settings, progress, usage.input_tokens + usage.output_tokens));
  for (const call of open) events.push({ type: "tool_call_requested", ...call });
  for (const { id, name } of open) events.push({ type: "tool_execution_started", id, name });
  yield { type: "commit", events, messages: [message], progress };
  return { message, open, progress };
}

/**
 * Runs what calls are still open, commits all results as one message, and opens the next step.
 * Returns nothing when the run must wait for a client, or was aborted.
 */
async function* toolStep(
  turn: Turn,
  transcript: StoredMessage[],
  {
    open,
    known,
    progress,
  }: { open: ToolCall[]; known: Map<string, ToolResult>; progress: RunProgress },
): AsyncGenerator<TurnOutput, RunProgress | undefined> {
  const { tools, settings, signal } = turn;
  const missing = open.filter(({ id }) => !known.has(id));
  const theirs = missing.filter(({ name }) => isClientTool(turn, name));
  const ours = missing.filter((call) => !theirs.includes(call));
  const execution = { tools, timeoutMs: settings.toolTimeoutMs, signal };
  for await (const { result, event } of execute(ours, execution)) {
    if (signal.aborted) return undefined;
    known.set(result.tool_use_id, result);
    yield { type: "commit", events: [event], messages: [], progress };
  }

  if (theirs.length > 0) {
    yield { type: "park", calls: theirs };
    return undefined;
  }

  const results = open.map((call) => known.get(call.id) ?? unanswered(call, CUT_OFF));
  const message: StoredMessage = { role: "tool_results", results, created_at: now() };
  transcript.push(message);
  const spent = { ...progress, toolCalls: progress.toolCalls + open.length };
  const events = open.map((call, index) => receivedEvent(call, results[index]));
  events.push({ type: "turn_started", turn_number: spent.turns });
  yield { type: "commit", events, messages: [message], progress: spent, opensStep: true };
  return spent;
}

function isClientTool({ clientTools }: Turn, name: string): boolean {
  return clientTools.some((tool) => tool.name === name);
}

function textOf({ blocks }: ModelEnd): string {
  return blocks.map((block) => (block.block_type === "text" ? block.data.text : "")).join("");
}

function addStep(before: RunProgress, { usage }: ModelEnd): RunProgress {
  return { ...before, turns: before.turns + 1, usage: addUsage(before.usage, usage) };
}

function now(): string {
  return new Date().toISOString();
}
