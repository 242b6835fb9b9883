import type { ToolResult } from "../../sdk/contract/index.ts";
import type { StoredMessage } from "../providers/provider.ts";
import type { RunProgress } from "./state.ts";
import { CUT_OFF, execute, receivedEvent, type ToolCall, unanswered } from "./tool-calls.ts";
import type { Turn, TurnOutput } from "./turn.ts";

/**
 * Runs what calls are still open, commits all results as one message, and opens the next step.
 * Returns nothing when the run must wait for a client, or was aborted.
 */
export async function* toolStep(
  turn: Turn,
  transcript: StoredMessage[],
  {
    open,
    known,
    progress,
  }: { open: ToolCall[]; known: Map<string, ToolResult>; progress: RunProgress },
): AsyncGenerator<TurnOutput, RunProgress | undefined> {
  const { tools, site, settings, signal } = turn;
  const missing = open.filter(({ id }) => !known.has(id));
  const theirs = missing.filter(({ name }) => isClientTool(turn, name));
  const ours = missing.filter((call) => !theirs.includes(call));
  const execution = { tools, site, settings, signal };
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
  const message: StoredMessage = {
    role: "tool_results",
    results,
    created_at: new Date().toISOString(),
  };
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
