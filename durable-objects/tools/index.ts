import { datetime } from "./datetime.ts";
import type { Tool } from "./tool.ts";
import { updatePlan } from "./update-plan.ts";

/** The tools every deployment has, by name; off unless a session or the realm's config enables them. */
export const builtins: ReadonlyMap<string, Tool> = new Map(
  [datetime, updatePlan].map((tool) => [tool.definition.name, tool]),
);
