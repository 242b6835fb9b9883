import * as z from "zod";
import { SessionLocator } from "./ids.ts";
import { Content } from "./messages.ts";
import { defineOperation } from "./operation.ts";
import { IdempotencyKey, PendingToolCall, RunResult, ToolAnswers, turnFields } from "./run.ts";

const MAX_ID_CHARS = 128;

const session = { session_id: SessionLocator };

/** Operations that start or stop a turn, or carry it on. */
export const turnOperations = {
  "turn/start": defineOperation({
    summary:
      "Run the next turn of a session and wait for its end, or answer the tools it waits for",
    http: ["POST", "/sessions/:session_id/messages"],
    scope: "run",
    input: z
      .object({
        ...session,
        ...turnFields,
        prompt: Content.optional(),
        /** While another turn runs: wait for it, or join it at its next model call; else refuse. */
        handling_mode: z.enum(["queue", "steer"]).nullish(),
        /** Answers to pending tool calls: they carry the waiting turn on, instead of a prompt. */
        tool_results: ToolAnswers.nullish(),
      })
      .refine(({ prompt, tool_results }) => Boolean(prompt?.length) !== Boolean(tool_results), {
        path: ["prompt"],
        message: "either a prompt or tool_results is required, not both",
      }),
    output: RunResult,
    mcp: {
      name: "meerkat_resume",
      title: "Continue a session",
      description:
        "Send the next prompt to an existing session, which remembers all before, and wait for the answer; or give tool_results to a turn that ended with status pending_tool_call. Fails with SESSION_BUSY while a turn runs, unless handling_mode says otherwise.",
      isReadOnly: false,
      isDestructive: false,
      isIdempotent: false,
      isOpenWorld: true,
    },
  }),
  "turn/interrupt": defineOperation({
    summary: "Cancel the running turn; does nothing on an idle session",
    http: ["POST", "/sessions/:session_id/interrupt"],
    scope: "run",
    input: z.object(session),
    output: z.object({
      session_id: z.string(),
      interrupted: z.boolean(),
      result: z.enum(["interrupted", "staged_noop"]),
      /** Where in the log the turn ended; absent when nothing ran. */
      seq: z.int().optional(),
    }),
    mcp: {
      name: "meerkat_interrupt",
      title: "Cancel a running turn",
      description:
        "Cancel the turn that a session is running; the unfinished answer is dropped, the session stays usable. Does nothing on an idle session.",
      isReadOnly: false,
      isDestructive: true,
      isIdempotent: true,
      isOpenWorld: false,
    },
  }),
  "turn/result": defineOperation({
    summary: "Wait for a turn that was started before, and give its result again",
    http: ["GET", "/sessions/:session_id/runs/:run_id"],
    scope: "read",
    input: z.object({
      ...session,
      run_id: z.string().min(1).max(MAX_ID_CHARS),
      /** A place in the log before the run's end; needed for runs that others have followed. */
      after: z.coerce.number().int().nonnegative().default(0),
    }),
    output: RunResult,
  }),
  "turn/pending": defineOperation({
    summary: "List the tool calls that the running turn waits for a client to answer",
    http: ["GET", "/sessions/:session_id/pending"],
    scope: "read",
    input: z.object(session),
    output: z.object({ session_id: z.string(), pending_tool_calls: z.array(PendingToolCall) }),
  }),
  "turn/answer": defineOperation({
    summary: "Answer pending tool calls without waiting for the turn's end",
    http: ["POST", "/sessions/:session_id/answers"],
    scope: "run",
    input: z.object({
      ...session,
      tool_results: ToolAnswers,
      idempotency_key: IdempotencyKey.nullish(),
    }),
    output: z.object({ session_id: z.string(), run_id: z.string(), accepted: z.int() }),
  }),
  "input/list": defineOperation({
    summary:
      "List what waits: turns for the running one, prompts for its next model call; and what became of earlier ones",
    http: ["GET", "/sessions/:session_id/inputs"],
    scope: "read",
    input: z.object(session),
    output: z.object({
      session_id: z.string(),
      inputs: z.array(
        z.object({
          input_id: z.string(),
          /** The run it is told in: its own, or the one it joins. */
          run_id: z.string(),
          /** A turn of its own is `queued`; a prompt that steers is `accepted` until the model is told. */
          status: z.enum(["accepted", "queued", "running", "done", "cancelled"]),
          /** Unix seconds. */
          created_at: z.int(),
          /** The beginning of what one that waits says; absent when that is very long. */
          prompt: z.string().optional(),
        }),
      ),
    }),
  }),
  "input/cancel": defineOperation({
    summary: "Take a waiting input back; a turn that runs already is left to turn/interrupt",
    http: ["DELETE", "/sessions/:session_id/inputs/:input_id"],
    scope: "run",
    input: z.object({ ...session, input_id: z.string().max(MAX_ID_CHARS) }),
    output: z.object({ session_id: z.string(), input_id: z.string(), cancelled: z.boolean() }),
  }),
};
