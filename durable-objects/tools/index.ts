import { datetime } from "./datetime.ts";
import type { Tool } from "./tool.ts";
import { updatePlan } from "./update-plan.ts";

/** What a turn may call: a deployment's own tools always, the built-in ones where they are enabled. */
export function offeredTools(
  own: ReadonlyMap<string, Tool>,
  hasBuiltins: boolean,
): ReadonlyMap<string, Tool> {
  return new Map([...(hasBuiltins ? builtins : []), ...own]);
}

/** The tools every deployment has, by name; off unless a session or the realm's config enables them. */
export const builtins: ReadonlyMap<string, Tool> = new Map(
  [datetime, updatePlan].map((tool) => [tool.definition.name, tool]),
);
