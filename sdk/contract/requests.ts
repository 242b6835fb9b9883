import * as z from "zod";
import { defineOperation } from "./operation.ts";

/** Operations on requests that a client has named by `X-Meerkat-Request-Id` (contract 2.5). */
export const requestOperations = {
  "request/cancel": defineOperation({
    summary: "Take back a request by the id its client gave it, and the turn it started",
    http: ["POST", "/requests/:request_id/cancel"],
    scope: "run",
    input: z.object({ request_id: z.string().min(1).max(255) }),
    output: z.object({
      request_id: z.string(),
      cancelled: z.boolean(),
      reason: z.enum(["already_terminal"]).optional(),
    }),
  }),
};
