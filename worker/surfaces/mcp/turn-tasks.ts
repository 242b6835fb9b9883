import type { CallToolResult } from "@modelcontextprotocol/server";
import { toAppError } from "../../../sdk/contract/index.ts";
import type { Caller, StartedRun } from "../../call.ts";
import { runResult } from "../../run-result.ts";
import { sessionFor } from "../../confinement.ts";
import { stop } from "./cancellation.ts";
import { failed } from "./failure.ts";
import { type Task, type TaskStore, taskResult } from "./tasks.ts";
import { succeeded } from "./tool.ts";
import { turnPayload } from "./turn-payload.ts";

const POLL_MS = 1_000;
const uuid = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const taskIdShape = new RegExp(`^(${uuid})\\.(${uuid})\\.(\\d{1,15})$`);

/** A turn as a task: the id says which it is, so there is nothing to store, expire or lose. */
export function startedTask({ session, runId, after }: StartedRun): CallToolResult {
  return taskResult(working(`${session.sessionId}.${runId}.${after + 1}`, runId));
}

/** The realm's turns as tasks. Both ids in a task's id are random, and bound to the caller's realm. */
export function turnTasks(caller: Caller): TaskStore {
  const get = async (taskId: string): Promise<Task | undefined> => {
    const run = await runOf(taskId, caller);
    if (!run) return undefined;
    const { promise: patience, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(resolve, POLL_MS, undefined);
    const result = runResult(run.session, run, {});
    const outcome = await Promise.race([ended(result), patience]);
    clearTimeout(timer);
    if (outcome === "unknown") return undefined;
    return { ...working(taskId, run.runId), ...outcome };
  };
  const cancel = async (taskId: string): Promise<boolean> => {
    const run = await runOf(taskId, caller);
    const task = run && (await get(taskId));
    if (run && task?.status === "working") await stop(run);
    return task !== undefined;
  };
  // A turn never waits for its client in the extension's way: it ends with `pending_tool_call`.
  return { get, cancel, update: async (taskId) => (await get(taskId)) !== undefined };
}

async function ended(result: Promise<unknown>): Promise<Partial<Task> | "unknown"> {
  try {
    const payload = await turnPayload(result);
    const statusMessage = "The turn is over";
    return { status: "completed", statusMessage, result: succeeded(payload) };
  } catch (cause) {
    const { code, message } = toAppError(cause);
    if (code === "SESSION_NOT_FOUND" || code === "SESSION_NOT_RUNNING") return "unknown";
    if (code === "REQUEST_CANCELLED") return { status: "cancelled", statusMessage: message };
    // A turn that failed is a tool's failure: `failed` is for errors of the protocol.
    return { status: "completed", statusMessage: message, result: failed(cause) };
  }
}

function working(taskId: string, runId: string): Task {
  return {
    taskId,
    status: "working",
    statusMessage: "The turn is running",
    createdAt: timeOf(runId),
    lastUpdatedAt: new Date().toISOString(),
    ttlMs: null,
    pollIntervalMs: POLL_MS,
  };
}

async function runOf(taskId: string, caller: Caller) {
  const parts = taskIdShape.exec(taskId);
  if (!parts) return undefined;
  const [, sessionId = "", runId = "", firstSeq] = parts;
  const session = await sessionFor("run", sessionId, caller);
  return { session, runId, firstSeq: Number(firstSeq) };
}

/** When a version 7 UUID was made. */
function timeOf(id: string): string {
  return new Date(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16)).toISOString();
}
