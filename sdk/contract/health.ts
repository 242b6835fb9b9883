import * as z from "zod";
import { defineOperation } from "./operation.ts";

/** What is known of one thing that a deployment depends on. It is never guessed. */
const HealthDimension = z.object({
  id: z.string(),
  /** Whether all realms have it in common. */
  scope: z.enum(["deployment", "realm"]),
  /**
   * `measured`: looked at just now, or as `reason` says; `unreadable`: it was asked and did not tell;
   * `unmeasured`: nobody looks, for the reason given.
   */
  state: z.enum(["measured", "unreadable", "unmeasured"]),
  /** What was measured. */
  value: z.union([z.number(), z.string(), z.boolean()]).optional(),
  unit: z.enum(["ms", "bytes", "sessions"]).optional(),
  /** False where what was measured is wrong. */
  ok: z.boolean().optional(),
  reason: z.string().optional(),
});
export type HealthDimension = z.infer<typeof HealthDimension>;

export const RuntimeHealth = z.object({
  /** `degraded`: something was measured and is wrong, or could not be read. What is unmeasured says nothing. */
  status: z.enum(["ok", "degraded"]),
  dimensions: z.array(HealthDimension),
});
export type RuntimeHealth = z.infer<typeof RuntimeHealth>;

/** Operations that tell how the deployment is. */
export const healthOperations = {
  "runtime/health": defineOperation({
    summary:
      "Tell how the deployment and the realm are: of each dimension whether it was measured, unreadable or unmeasured",
    http: ["GET", "/runtime/health"],
    scope: "read",
    input: z.object({}),
    output: RuntimeHealth,
  }),
};
