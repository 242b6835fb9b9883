import {
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  MissingRequiredClientCapabilityError,
  ProtocolError,
  ProtocolErrorCode,
  type Server,
  type ServerContext,
} from "@modelcontextprotocol/server";
import * as z from "zod";
import type { Json } from "./tool.ts";

/** The extension's name in capabilities. */
export const TASKS = "io.modelcontextprotocol/tasks";

/** A long call, as a client sees it that polls for its result. */
export interface Task {
  taskId: string;
  status: "working" | "input_required" | "completed" | "failed" | "cancelled";
  statusMessage?: string;
  createdAt: string;
  lastUpdatedAt: string;
  /** Null: as long as what it belongs to. */
  ttlMs: number | null;
  pollIntervalMs?: number;
  result?: CallToolResult;
  error?: { code: number; message: string };
  inputRequests?: Record<string, Json>;
}

/** Where tasks live. An id that means nothing gives nothing. */
export interface TaskStore {
  get(taskId: string): Promise<Task | undefined>;
  cancel(taskId: string): Promise<boolean>;
  update(taskId: string, inputResponses: Record<string, unknown>): Promise<boolean>;
}

const Declaration = z.object({
  [CLIENT_CAPABILITIES_META_KEY]: z.object({ extensions: z.object({ [TASKS]: z.unknown() }) }),
});

/** Whether this request's client can poll for a task; no other may be given one. */
export function declaresTasks({ mcpReq }: ServerContext): boolean {
  const { data } = Declaration.safeParse(mcpReq.envelope);
  return data?.[CLIENT_CAPABILITIES_META_KEY].extensions[TASKS] !== undefined;
}

/** Serves `tasks/get`, `tasks/update` and `tasks/cancel` (SEP-2663), which the SDK leaves to its users. */
export function serveTasks(server: Server, store: TaskStore): void {
  const id = z.object({ taskId: z.string() });
  server.setRequestHandler("tasks/get", { params: id }, async ({ taskId }, context) => {
    requireTasks(context);
    const task = await store.get(taskId);
    return { ...(task ?? unknownTask()), resultType: "complete" };
  });
  server.setRequestHandler("tasks/cancel", { params: id }, async ({ taskId }, context) => {
    requireTasks(context);
    if (!(await store.cancel(taskId))) unknownTask();
    return { resultType: "complete" };
  });
  const answers = id.extend({ inputResponses: z.record(z.string(), z.unknown()).default({}) });
  server.setRequestHandler("tasks/update", { params: answers }, async (params, context) => {
    requireTasks(context);
    // What answers a question the SDK sorts out of the parameters.
    const responses = { ...params.inputResponses, ...context.mcpReq.inputResponses };
    if (!(await store.update(params.taskId, responses))) unknownTask();
    return { resultType: "complete" };
  });
}

/** A call's answer that says where its result will be. */
export function taskResult(task: Task): CallToolResult {
  // The SDK has no type for it, but lets it pass.
  return { ...task, resultType: "task" } as unknown as CallToolResult;
}

/** The refusal of a call that can only be answered with a task. */
export function tasksRequired(): ProtocolError {
  return new MissingRequiredClientCapabilityError({
    requiredCapabilities: { extensions: { [TASKS]: {} } },
  });
}

function requireTasks(context: ServerContext): void {
  if (!declaresTasks(context)) throw tasksRequired();
}

function unknownTask(): never {
  throw new ProtocolError(ProtocolErrorCode.InvalidParams, "Task not found");
}
