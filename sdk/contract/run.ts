import * as z from "zod";
import { Content } from "./messages.ts";
import { OutputRetries, OutputSchemaInput, SchemaWarning } from "./output-schema.ts";
import { WireUsage } from "./usage.ts";

/** The vendors a session can talk to; `demo` is the built-in script that needs no key. */
export const ProviderName = z.enum(["anthropic", "openai", "gemini", "self_hosted", "demo"]);
export type ProviderName = z.infer<typeof ProviderName>;

// A misspelt limit would be none.
const BudgetLimits = z.strictObject({
  max_tokens: z.int().positive().optional(),
  max_tool_calls: z.int().nonnegative().optional(),
  /** US dollars, at list prices; a model without a price is refused under it. */
  max_usd: z.number().positive().optional(),
  max_model_calls: z.int().positive().optional(),
  max_duration: z
    .object({ secs: z.int().nonnegative(), nanos: z.int().nonnegative().default(0) })
    .optional(),
});

/** A tool that the client runs: the turn waits for its answer (contract 3.7). */
export const ClientTool = z.object({
  name: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, "a tool's name has 1 to 64 letters, digits, '_' or '-'"),
  description: z.string().default(""),
  /** JSON Schema of the arguments, an object. */
  input_schema: z.record(z.string(), z.unknown()).default({ type: "object" }),
});
export type ClientTool = z.infer<typeof ClientTool>;

/** At most 128 tools, whose schemas together stay small enough to go with every model call. */
export const ClientTools = z
  .array(ClientTool)
  .max(128)
  .refine((tools) => JSON.stringify(tools).length <= 256 * 1024, "tools may take 256 KiB at most");

/** What a client's tool brought. */
export const ToolReply = z.object({
  content: Content,
  is_error: z.boolean().default(false),
});
export type ToolReply = z.infer<typeof ToolReply>;

/** A client's answer to one of its tools' calls. */
export const ToolAnswer = ToolReply.extend({ tool_use_id: z.string().max(512) });
export type ToolAnswer = z.infer<typeof ToolAnswer>;

/** What one request may bring: more calls than that no model makes at once. */
export const ToolAnswers = z.array(ToolAnswer).min(1).max(256);

/** A call that waits for the client (contract 6.7). */
export const PendingToolCall = z.object({
  tool_use_id: z.string(),
  tool_name: z.string(),
  args: z.unknown(),
});
export type PendingToolCall = z.infer<typeof PendingToolCall>;

/** Repeating a request with the same key runs it once: the answer is the first one's. Kept for a day at least. */
export const IdempotencyKey = z.string().min(1).max(255);

/**
 * Flat, per vendor; keys the vendor does not know are ignored (contract 9.3). Small: they lie beside
 * every piece of the log.
 */
export const ProviderParams = z
  .record(z.string(), z.unknown())
  .refine((params) => JSON.stringify(params).length <= 64 * 1024, "may take 64 KiB at most");

/** What any turn may bring, the first one included (contract 2.2, 2.3, 3.4). */
export const turnFields = {
  prompt: Content,
  model: z.string().min(1).max(256).nullish(),
  provider: ProviderName.nullish(),
  provider_params: ProviderParams.nullish(),
  max_tokens: z.int().positive().nullish(),
  system_prompt: z.string().nullish(),
  additional_instructions: z.array(z.string()).max(128).nullish(),
  budget_limits: BudgetLimits.nullish(),
  enable_builtins: z.boolean().nullish(),
  /** On create for the whole session, on a turn for that turn: asks for `structured_output` that fits. */
  output_schema: OutputSchemaInput.nullish(),
  /** How often an answer that does not fit is asked for again; 2 unless configured. */
  structured_output_retries: OutputRetries.nullish(),
  /** Tools that the client runs; on create for the whole session, on a turn for that turn. */
  external_tools: ClientTools.nullish(),
  idempotency_key: IdempotencyKey.nullish(),
};

/** Why no answer fitted the schema, and the last one that did not. */
const ExtractionError = z.object({
  last_output: z.string(),
  attempts: z.int(),
  reason: z.string(),
});

/** How a run ended well, and what it cost the session so far (contract 6.1). */
export const RunResult = z.object({
  session_id: z.string(),
  session_ref: z.string(),
  run_id: z.string(),
  text: z.string(),
  /** Model calls in this run. */
  turns: z.int(),
  tool_calls: z.int(),
  /** Cumulative over the session. */
  usage: WireUsage,
  /** The answer as JSON that fits the `output_schema`; null without one, or with `extraction_error`. */
  structured_output: z.unknown(),
  /** What of the schema the provider could not be told. */
  schema_warnings: z.array(SchemaWarning).nullable(),
  /** The run has its text, but no JSON that fits. */
  extraction_error: ExtractionError.optional(),
  terminal_cause_kind: z.string().optional(),
});
export type RunResult = z.infer<typeof RunResult>;
