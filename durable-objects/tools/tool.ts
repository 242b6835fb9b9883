import * as z from "zod";
import type { Content } from "../../sdk/contract/index.ts";
import type { ToolDefinition } from "../providers/provider.ts";

/** Something a turn may call on the model's behalf. */
export interface Tool {
  definition: ToolDefinition;
  /** Whether running it twice does no harm: a crashed call is then run again, others are reported as interrupted. */
  idempotent: boolean;
  /** Runs one call. What it throws is told to the model as a tool error, in general words. */
  run(args: unknown, signal: AbortSignal): Promise<ToolOutcome>;
}

/** What a call brought: content for the model. */
export interface ToolOutcome {
  content: Content;
  isError: boolean;
}

interface ToolSpec<Args extends z.ZodObject> {
  name: string;
  description: string;
  args: Args;
  idempotent: boolean;
  run(args: z.output<Args>, signal: AbortSignal): Content | Promise<Content>;
}

/** Makes a tool whose arguments are checked by a schema; wrong ones are told to the model, not run. */
export function defineTool<Args extends z.ZodObject>(spec: ToolSpec<Args>): Tool {
  return {
    definition: {
      name: spec.name,
      description: spec.description,
      inputSchema: z.toJSONSchema(spec.args, { io: "input" }),
    },
    idempotent: spec.idempotent,
    async run(args, signal) {
      const parsed = spec.args.safeParse(args);
      if (!parsed.success) return toolError(`Invalid arguments: ${z.prettifyError(parsed.error)}`);
      return { content: await spec.run(parsed.data, signal), isError: false };
    },
  };
}

export function toolError(content: string): ToolOutcome {
  return { content, isError: true };
}
