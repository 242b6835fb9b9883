import * as z from "zod";

/** One piece of a prompt or a tool result (contract 6.5). A bare string stands for one text block. */
export const ContentBlock = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text"), text: z.string() }),
  z.object({
    type: z.literal("image"),
    media_type: z.string().max(128),
    source: z.literal("inline"),
    /** Base64. */
    data: z.base64(),
  }),
]);
export type ContentBlock = z.infer<typeof ContentBlock>;

/** What a user says: text, or blocks of text and images. */
export const Content = z.union([z.string(), z.array(ContentBlock).min(1).max(4_096)]);
export type Content = z.infer<typeof Content>;

/** Why the model stopped (contract 5.2). */
export const StopReason = z.enum([
  "end_turn",
  "tool_use",
  "max_tokens",
  "stop_sequence",
  "content_filter",
  "cancelled",
]);
export type StopReason = z.infer<typeof StopReason>;

/** One piece of an assistant's answer (contract 6.4). */
export const AssistantBlock = z.discriminatedUnion("block_type", [
  z.object({ block_type: z.literal("text"), data: z.object({ text: z.string() }) }),
  z.object({ block_type: z.literal("reasoning"), data: z.object({ text: z.string() }) }),
  z.object({
    block_type: z.literal("tool_use"),
    data: z.object({ id: z.string(), name: z.string(), args: z.unknown() }),
  }),
  z.object({
    block_type: z.literal("server_tool_content"),
    data: z.object({ id: z.string().optional(), kind: z.string(), content: z.unknown() }),
  }),
]);
export type AssistantBlock = z.infer<typeof AssistantBlock>;

/** The answer to one tool call. */
export const ToolResult = z.object({
  tool_use_id: z.string(),
  content: Content,
  is_error: z.boolean(),
});
export type ToolResult = z.infer<typeof ToolResult>;

const at = { created_at: z.string() };

/** A committed message of the transcript, as every surface shows it (contract 6.4). */
export const Message = z.discriminatedUnion("role", [
  z.object({ role: z.literal("system"), content: z.string(), ...at }),
  z.object({
    role: z.literal("user"),
    content: Content,
    run_id: z.string().optional(),
    ...at,
  }),
  z.object({
    role: z.literal("block_assistant"),
    blocks: z.array(AssistantBlock),
    stop_reason: StopReason,
    run_id: z.string().optional(),
    ...at,
  }),
  z.object({ role: z.literal("tool_results"), results: z.array(ToolResult), ...at }),
]);
export type Message = z.infer<typeof Message>;
