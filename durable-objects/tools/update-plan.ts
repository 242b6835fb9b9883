import * as z from "zod";
import { defineTool } from "./define-tool.ts";

/** Lets the model lay out its plan where the people who watch can see it; the transcript keeps it. */
export const updatePlan = defineTool({
  name: "update_plan",
  description:
    "Shows your plan to the user. Call it when you start work of several steps and whenever a step changes; give the whole plan each time. At most one step is in_progress.",
  input: z.object({
    explanation: z.string().optional().describe("Why the plan changed"),
    steps: z
      .array(
        z.object({
          step: z.string().min(1),
          status: z.enum(["pending", "in_progress", "completed"]),
        }),
      )
      .min(1)
      .max(50)
      .refine(
        (steps) => steps.filter(({ status }) => status === "in_progress").length <= 1,
        "at most one step may be in_progress",
      ),
  }),
  idempotent: true,
  execute({ steps }) {
    const done = steps.filter(({ status }) => status === "completed").length;
    return `Plan shown: ${done} of ${steps.length} steps completed`;
  },
});
