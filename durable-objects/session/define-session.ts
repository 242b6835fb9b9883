import type { Tool } from "../tools/tool.ts";
import { SessionObject } from "./session.ts";
import type { SessionOptions } from "./session-options.ts";

/**
 * The sessions' class with tools of one's own, to be exported by the Worker under the name that its
 * `SESSIONS` binding has. @throws {Error} for two tools of one name
 */
export function defineSession({ tools = [] }: SessionOptions): typeof SessionObject {
  const byName = new Map<string, Tool>();
  for (const tool of tools) {
    const { name } = tool.definition;
    if (byName.has(name)) throw new Error(`two tools are called '${name}'`);
    byName.set(name, tool);
  }
  return class extends SessionObject {
    constructor(ctx: DurableObjectState, env: Env) {
      super(ctx, env, byName);
    }
  };
}
