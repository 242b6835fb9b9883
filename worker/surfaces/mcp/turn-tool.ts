import type { CallToolResult } from "@modelcontextprotocol/server";
import type { OperationName } from "../../../sdk/contract/index.ts";
import { AccessWatch } from "../../access-watch.ts";
import { call, type StartedRun } from "../../call.ts";
import { endWithCall } from "./cancellation.ts";
import { Notifier } from "./notifier.ts";
import { RunFeed } from "./run-feed.ts";
import { readArguments } from "./schema.ts";
import { startedTask } from "./turn-tasks.ts";
import { runningTurn, turnPayload } from "./turn-payload.ts";
import { ResumeInput, RunInput, type TurnControl, turnParams } from "./turn-shape.ts";
import { type Json, succeeded, type ToolCall } from "./tool.ts";

/** `meerkat_run`: a session's first turn. */
export function startSession(args: Json, toolCall: ToolCall): Promise<CallToolResult> {
  return runTurn("session/create", readArguments(RunInput, args), toolCall);
}

/** `meerkat_resume`: a session's next turn, or the answers that its waiting turn needs. */
export function resumeSession(args: Json, toolCall: ToolCall): Promise<CallToolResult> {
  return runTurn("turn/start", readArguments(ResumeInput, args), toolCall);
}

function runTurn(
  name: OperationName,
  input: Parameters<typeof turnParams>[0],
  toolCall: ToolCall,
): Promise<CallToolResult> {
  const { params, control } = turnParams(input);
  // Whoever asks for the stream wants to see the turn now, not to poll for it.
  if (!control.wait || (toolCall.takesTasks && !control.stream)) {
    return detached(name, params, control, toolCall);
  }
  return attended(name, params, control, toolCall);
}

/** Answers as soon as the turn runs; it belongs to the session and needs nobody. */
async function detached(
  name: OperationName,
  params: Json,
  { wait }: TurnControl,
  { caller }: ToolCall,
): Promise<CallToolResult> {
  const started = Promise.withResolvers<StartedRun>();
  const ended = call(name, params, { ...caller, onRun: started.resolve });
  const run = await Promise.race([started.promise, ended.then(() => started.promise)]);
  return wait ? startedTask(run) : succeeded(runningTurn(run));
}

/** Answers with the turn's result, and tells its events before, to whoever asked for them. */
async function attended(
  name: OperationName,
  params: Json,
  { stream, on_disconnect }: TurnControl,
  toolCall: ToolCall,
): Promise<CallToolResult> {
  let feed: RunFeed | undefined;
  let notifier: Notifier | undefined;
  let letGo: (() => void) | undefined;
  const access = new AccessWatch(toolCall.caller);
  const onRun = (run: StartedRun) => {
    if (on_disconnect === "interrupt") letGo = endWithCall(run, toolCall);
    if (!stream && toolCall.progressToken === undefined) return;
    notifier = new Notifier(toolCall, run.session.sessionId, stream);
    feed = new RunFeed(run, notifier);
    void access.ended.catch(() => feed?.stop());
  };
  try {
    const payload = turnPayload(call(name, params, { ...toolCall.caller, onRun }));
    return succeeded(await Promise.race([payload, access.ended]));
  } finally {
    access.close();
    letGo?.();
    await feed?.finish();
    await notifier?.told();
  }
}
