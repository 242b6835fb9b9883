import { SessionObject } from "./session.ts";
import type { SessionOptions } from "./session-options.ts";

/**
 * The sessions' class with tools of one's own, to be exported by the Worker under the name that its
 * `SESSIONS` binding has. @throws {Error} for two tools of one name
 */
export function defineSession({ tools = [] }: SessionOptions): typeof SessionObject {
  const byName = new Map(tools.map((tool) => [tool.definition.name, tool]));
  if (byName.size < tools.length) throw new Error("two tools have the same name");
  return class extends SessionObject {
    constructor(ctx: DurableObjectState, env: Env) {
      super(ctx, env, byName);
    }
  };
}
