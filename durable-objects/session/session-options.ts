import type { Tool } from "../tools/tool.ts";

/** What one's own sessions have beside what all have. */
export interface SessionOptions {
  /** Offered to the model in every turn, and run inside the session's object. A built-in tool of the same name gives way. */
  tools?: readonly Tool[];
}
