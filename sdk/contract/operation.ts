import type * as z from "zod";
import type { Need } from "./access.ts";

/** How a model sees an operation: as a tool, which it must choose by title and description alone. */
export interface McpTool {
  name: string;
  title: string;
  description: string;
  /** Changes nothing. */
  isReadOnly: boolean;
  /** May destroy what cannot be had back. */
  isDestructive: boolean;
  /** Doing it twice is doing it once. */
  isIdempotent: boolean;
  /** Reaches beyond the deployment. */
  isOpenWorld: boolean;
  /** Takes no secrets from a model: they would be in its context, and in every log of it. */
  refusesSecrets?: boolean;
  /** Which of the tool's actions this is, where several operations share one tool. */
  action?: string;
}

/** One thing a client can ask for. REST, JSON-RPC, MCP, OpenAPI, SDK and CLI are all derived from it. */
export interface Operation<
  Input extends z.ZodObject = z.ZodObject,
  Output extends z.ZodType = z.ZodType,
> {
  summary: string;
  http: readonly [method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string];
  input: Input;
  output: Output;
  scope: Need;
  /** REST's query string, where its names are not those of the input, and how it becomes parameters. */
  query?: { schema: z.ZodObject; read: (query: URLSearchParams) => Record<string, unknown> };
  /** REST's status of success, where it is not 200. */
  successStatus?: 201 | 202;
  /** REST may send this member's value alone as the whole body. */
  bareBody?: keyof z.input<Input> & string;
  /** Where REST shows the same facts in another shape (contract 13.11). */
  restReply?: (output: z.output<Output>) => unknown;
  /** Offers the operation to models, too. */
  mcp?: McpTool;
}

/** Keeps each operation's own input and output types; returns it unchanged. */
export function defineOperation<Input extends z.ZodObject, Output extends z.ZodType>(
  operation: Operation<Input, Output>,
): Operation<Input, Output> {
  return operation;
}
