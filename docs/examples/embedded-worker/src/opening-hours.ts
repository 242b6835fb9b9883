import { defineTool, ToolError } from "meerkat-edge/worker";
import * as z from "zod";

/** Runs inside the session's Durable Object, with the Worker's bindings at hand. */
export const openingHours = defineTool({
  name: "opening_hours",
  description: "Tells when the shop is open on a kind of day.",
  input: z.object({ day: z.enum(["weekday", "saturday", "sunday", "holiday"]).default("weekday") }),
  idempotent: true,
  execute({ day }, { env }) {
    // A ToolError is told to the model as it is; of any other error it hears only that the tool failed.
    if (day === "holiday") throw new ToolError("Nobody has said yet: ask the shop");
    return { day, hours: env.OPENING_HOURS[day] };
  },
});
