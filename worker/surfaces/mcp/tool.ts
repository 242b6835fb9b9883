import type { CallToolResult, Notification, ToolAnnotations } from "@modelcontextprotocol/server";
import type { Scope } from "../../../sdk/contract/index.ts";
import type { Caller } from "../../call.ts";

/** JSON, as far as this surface looks into it. */
export type Json = Record<string, unknown>;

/** Something that a model may call. */
export interface Tool {
  name: string;
  title: string;
  description: string;
  annotations: ToolAnnotations;
  inputSchema: Json & { type: "object" };
  outputSchema: Json & { type: "object" };
  /** The scopes that a call needs. */
  needs: (args: Json) => readonly Scope[];
  /** Waits for something that may take long. */
  isLong?: boolean;
  /** @throws {AppError} told to the model as a failed result */
  run: (args: Json, call: ToolCall) => Promise<CallToolResult>;
}

/** One call of a tool, and how to speak to the client that waits for it. */
export interface ToolCall {
  caller: Caller;
  /** A call that ends early: a closed stream in the modern era, a lost client in the older one. */
  signal: AbortSignal;
  /** Whether the client means to cancel when it goes away, as it does from 2026-07-28 on. */
  leavingCancels: boolean;
  /** Whether the client said that it can poll for a result. */
  takesTasks: boolean;
  /** How a later notification will name this call, in revisions that cancel so. */
  callId: string | undefined;
  progressToken: string | number | undefined;
  /** Whether the client wants messages of level `info`. */
  wantsMessages: boolean;
  /** Sent with the call's own stream, before its result. */
  notify(notification: Notification): Promise<void>;
}

/** A result as a model reads it, and the same for programs. */
export function succeeded(payload: Json): CallToolResult {
  return {
    content: [{ type: "text", text: JSON.stringify(payload) }],
    structuredContent: payload,
  };
}
