import type { Content } from "../../sdk/contract/messages.ts";
import type { ToolDefinition } from "./tool-definition.ts";

/** Something a turn may call on the model's behalf. */
export interface Tool {
  definition: ToolDefinition;
  /** Whether running it twice does no harm: a crashed call is then run again, others are reported as interrupted. */
  idempotent: boolean;
  /** Runs one call. What it throws is told to the model as a tool error, in general words. */
  run(args: unknown, context: ToolContext): Promise<ToolOutcome>;
}

/** The run that calls tools, and what they may reach. */
export interface ToolSite {
  /** The Worker's bindings, secrets among them. */
  env: Cloudflare.Env;
  realmId: string;
  sessionId: string;
  runId: string;
}

/** What a tool may know of a call of it. */
export interface ToolContext extends ToolSite {
  /** Names the call, also when it is run again after a crash: an idempotency key for what the tool asks elsewhere. */
  callId: string;
  /** Aborted when the tool's time is up, and when the turn is interrupted. */
  signal: AbortSignal;
}

/** What a call brought: content for the model. */
export interface ToolOutcome {
  content: Content;
  isError: boolean;
}

/** A failure that the model may read, word for word, and act on. */
export class ToolError extends Error {
  override name = "ToolError";
}

export function toolError(content: string): ToolOutcome {
  return { content, isError: true };
}
