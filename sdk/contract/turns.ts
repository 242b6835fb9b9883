import * as z from "zod";
import { SessionLocator } from "./ids.ts";
import { defineOperation } from "./operation.ts";
import { RunResult, turnFields } from "./run.ts";

/** Operations that start or stop a turn. */
export const turnOperations = {
  "turn/start": defineOperation({
    summary: "Run the next turn of a session and wait for its end",
    http: ["POST", "/sessions/:session_id/messages"],
    scope: "run",
    input: z.object({ session_id: SessionLocator, ...turnFields }),
    output: RunResult,
  }),
  "turn/interrupt": defineOperation({
    summary: "Cancel the running turn; does nothing on an idle session",
    http: ["POST", "/sessions/:session_id/interrupt"],
    scope: "run",
    input: z.object({ session_id: SessionLocator }),
    output: z.object({
      session_id: z.string(),
      interrupted: z.boolean(),
      result: z.enum(["interrupted", "staged_noop"]),
      /** Where in the log the turn ended; absent when nothing ran. */
      seq: z.int().optional(),
    }),
  }),
};
