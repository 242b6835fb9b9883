import * as z from "zod";
import { Content } from "./messages.ts";
import { WireUsage } from "./usage.ts";

/** The vendors a session can talk to; `demo` is the built-in script that needs no key. */
export const ProviderName = z.enum(["anthropic", "openai", "gemini", "self_hosted", "demo"]);
export type ProviderName = z.infer<typeof ProviderName>;

const BudgetLimits = z.object({
  max_tokens: z.int().positive().optional(),
  max_tool_calls: z.int().nonnegative().optional(),
  max_duration: z
    .object({ secs: z.int().nonnegative(), nanos: z.int().nonnegative().default(0) })
    .optional(),
});

/** What any turn may bring, the first one included (contract 2.2, 2.3, 3.4). */
export const turnFields = {
  prompt: Content,
  model: z.string().min(1).nullish(),
  provider: ProviderName.nullish(),
  /** Flat, per vendor; keys the vendor does not know are ignored (contract 9.3). */
  provider_params: z.record(z.string(), z.unknown()).nullish(),
  max_tokens: z.int().positive().nullish(),
  system_prompt: z.string().nullish(),
  additional_instructions: z.array(z.string()).nullish(),
  budget_limits: BudgetLimits.nullish(),
  enable_builtins: z.boolean().nullish(),
};

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
  structured_output: z.unknown().nullable(),
  schema_warnings: z
    .array(z.object({ provider: z.string(), path: z.string(), message: z.string() }))
    .nullable(),
  terminal_cause_kind: z.string().optional(),
});
export type RunResult = z.infer<typeof RunResult>;
