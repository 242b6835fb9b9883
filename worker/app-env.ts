import type { Caller } from "./call.ts";

/** What Hono's context carries in this app. */
export interface AppEnv {
  Bindings: Env;
  Variables: { caller: Caller };
}
