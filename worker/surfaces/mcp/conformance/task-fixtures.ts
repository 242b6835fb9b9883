import {
  acceptedContent,
  type CallToolResult,
  type InputRequests,
  inputRequired,
  type McpServer,
  type ServerContext,
} from "@modelcontextprotocol/server";
import * as z from "zod";
import { declaresTasks, type Task, type TaskStore, taskResult, tasksRequired } from "../tasks.ts";
import type { Json } from "../tool.ts";
import { ask } from "./input-fixtures.ts";

/** A job that is over at a time known beforehand, or once its questions are answered. */
interface Job {
  task: Task;
  endsAt: number;
  questions: Record<string, Json>;
  end: Pick<Task, "status" | "result" | "error">;
}

const jobs = new Map<string, Job>();

/** Jobs of the fixture, in the memory of its one isolate. */
export const fixtureTasks: TaskStore = {
  get: async (taskId) => {
    const job = jobs.get(taskId);
    return job && seen(job);
  },
  cancel: async (taskId) => {
    const job = jobs.get(taskId);
    if (job && isOpen(seen(job))) {
      Object.assign(job, { endsAt: 0, questions: {}, end: { status: "cancelled" } });
    }
    return job !== undefined;
  },
  update: async (taskId, inputResponses) => {
    const job = jobs.get(taskId);
    for (const key of Object.keys(inputResponses)) delete job?.questions[key];
    return job !== undefined;
  },
};

/** Tools whose answer is a task, if the client takes one. */
export function taskFixtures(server: McpServer): void {
  const greeting = { description: "Greets", inputSchema: z.object({ name: z.string() }) };
  server.registerTool("greet", greeting, ({ name }) => said(`Hello, ${name}!`));

  const seconds = z.number();
  const slow = { description: "Takes its time", inputSchema: z.object({ seconds }) };
  server.registerTool("slow_compute", slow, ({ seconds }, ctx) => {
    const result = said(`Computed in ${seconds} s`);
    return declaresTasks(ctx) ? started({ result }, seconds) : result;
  });
  required(server, "failing_job", { result: { ...said("It failed"), isError: true } });
  const error = { code: -32_603, message: "Internal error" };
  required(server, "protocol_error_job", { status: "failed", error });
  required(server, "confirm_delete", { result: said("Deleted") }, { confirm: confirmation });
  required(
    server,
    "multi_input",
    { result: said("Both known") },
    { first: confirmation, second: confirmation },
  );
  server.registerTool("test_tool_with_task", { description: "Asks, then works" }, (ctx) => {
    const answer = acceptedContent(ctx.mcpReq.inputResponses, "user_name");
    if (answer) return started({ result: said(`Hello, ${String(answer["name"])}!`) });
    const inputRequests = { user_name: ask("What is your name?", "name") };
    return inputRequired({ inputRequests });
  });
}

const confirmation = ask("Really?", "confirm", "boolean");

/** Refuses calls of these tools as the protocol wants it: what a tool itself throws becomes its result. */
export function refuseWithoutTasks({ server }: McpServer): void {
  const register = server.setRequestHandler.bind(server) as Register;
  const guarding: Register = (method, ...handling) => {
    const [handler] = handling;
    if (method !== "tools/call" || typeof handler !== "function") {
      register(method, ...handling);
      return;
    }
    register(method, (request: Request, ctx: ServerContext) => {
      if (demanding.has(request.params.name) && !declaresTasks(ctx)) throw tasksRequired();
      return handler(request, ctx) as unknown;
    });
  };
  server.setRequestHandler = guarding;
}

const demanding = new Set(["failing_job", "protocol_error_job", "confirm_delete", "multi_input"]);

interface Request {
  params: { name: string };
}

type Register = (method: string, ...handling: unknown[]) => void;

function required(
  server: McpServer,
  name: string,
  end: Partial<Job["end"]>,
  questions: InputRequests = {},
): void {
  server.registerTool(name, { description: name }, () => started(end, 0, questions));
}

function started(
  end: Partial<Job["end"]>,
  seconds = 0,
  questions: InputRequests = {},
): CallToolResult {
  const now = new Date().toISOString();
  const task: Task = {
    taskId: crypto.randomUUID(),
    status: "working",
    createdAt: now,
    lastUpdatedAt: now,
    ttlMs: 60_000,
    pollIntervalMs: 100,
  };
  const job: Job = {
    task,
    endsAt: Date.now() + seconds * 1_000,
    questions: { ...questions },
    end: { status: "completed", ...end },
  };
  jobs.set(task.taskId, job);
  return taskResult(task);
}

function seen({ task, endsAt, questions, end }: Job): Task {
  const lastUpdatedAt = new Date().toISOString();
  if (Object.keys(questions).length > 0) {
    return { ...task, lastUpdatedAt, status: "input_required", inputRequests: questions };
  }
  return Date.now() < endsAt ? task : { ...task, lastUpdatedAt, ...end };
}

function isOpen({ status }: Task): boolean {
  return status === "working" || status === "input_required";
}

function said(text: string): CallToolResult {
  return { content: [{ type: "text", text }] };
}
