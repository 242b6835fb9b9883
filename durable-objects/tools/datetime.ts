import * as z from "zod";
import { defineTool } from "./define-tool.ts";

function isTimeZone(name: string): boolean {
  try {
    Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Tells the model what time it is, which it cannot know. */
export const datetime = defineTool({
  name: "datetime",
  description: "Tells the current date and time, in UTC and in a time zone of your choice.",
  input: z.object({
    time_zone: z
      .string()
      .refine(isTimeZone, "must be an IANA time zone, such as Europe/Berlin")
      .default("UTC")
      .describe("IANA time zone, such as Europe/Berlin"),
  }),
  idempotent: true,
  execute({ time_zone: timeZone }) {
    const now = new Date();
    const local = new Intl.DateTimeFormat("en-GB", {
      timeZone,
      dateStyle: "full",
      timeStyle: "long",
    }).format(now);
    return JSON.stringify({ utc: now.toISOString(), time_zone: timeZone, local });
  },
});
