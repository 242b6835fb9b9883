import * as z from "zod";
import { inertSections, inertToolKeys, withoutEffect } from "./config-inert.ts";
import { Duration, TimeLimit } from "./duration.ts";
import { modelSections } from "./models-config.ts";
import { OutputRetries, OutputSchemaInput } from "./output-schema.ts";
import { ProviderParams } from "./run.ts";
import { Budgets } from "./spending.ts";

const U32 = 2 ** 32 - 1;
const positive = z.int().positive().max(U32);
const tokens = z.int().positive();

/** When sessions are erased by themselves, in days; without a number they are kept for ever. */
const Retention = z.looseObject({
  archived_days: positive.max(36_500).nullish(),
  idle_days: positive.max(36_500).nullish(),
});

/**
 * The keys of a realm's config, all optional (contract 8.3). Others are kept as they are. What a key
 * does, and its default, is told in docs/config.md.
 */
export const ConfigDocument = z.looseObject({
  agent: z
    .looseObject({
      model: z.string().min(1).nullish(),
      max_tokens_per_turn: positive.nullish(),
      system_prompt: z.string().nullish(),
      system_prompt_file: withoutEffect(z.string()).nullish(),
      tool_instructions: z.string().nullish(),
      temperature: z.number().min(0).max(2).nullish(),
      max_turns: positive.nullish(),
      budget_warning_threshold: z.number().min(0).max(1).nullish(),
      provider_params: ProviderParams.nullish(),
      output_schema: OutputSchemaInput.nullish(),
      structured_output_retries: OutputRetries.nullish(),
      extraction_prompt: z.string().min(1).nullish(),
    })
    .optional(),
  max_tokens: positive.nullish(),
  retry: z
    .looseObject({
      max_retries: z.int().nonnegative().max(10).optional(),
      initial_delay: Duration.optional(),
      max_delay: Duration.optional(),
      multiplier: z.number().min(1).max(10).optional(),
      call_timeout: z.union([z.literal("disabled"), TimeLimit]).nullish(),
      stream_inactivity_timeout: TimeLimit.optional(),
    })
    .optional(),
  recovery: z
    .looseObject({
      max_attempts: z.int().nonnegative().max(100).optional(),
      max_usd: z.number().nonnegative().optional(),
    })
    .optional(),
  budget: z
    .looseObject({
      max_tokens: tokens.nullish(),
      max_duration: TimeLimit.nullish(),
      max_tool_calls: z.int().nonnegative().max(U32).nullish(),
      max_usd: z.number().positive().nullish(),
      max_model_calls: positive.nullish(),
    })
    .optional(),
  budgets: Budgets.optional(),
  limits: z
    .looseObject({
      budget: tokens.nullish(),
      max_duration: TimeLimit.nullish(),
      max_turn_duration: TimeLimit.nullish(),
      max_sessions: positive.nullish(),
      max_concurrent_turns: positive.nullish(),
      turns_per_minute: positive.max(60_000).nullish(),
    })
    .optional(),
  tools: z
    .looseObject({
      builtins_enabled: z.boolean().optional(),
      default_timeout: TimeLimit.optional(),
      tool_timeouts: z.record(z.string(), TimeLimit).optional(),
      max_concurrent: z.int().positive().max(100).optional(),
      ...inertToolKeys,
    })
    .optional(),
  compaction: z
    .looseObject({
      auto_compact_threshold: positive.optional(),
      recent_turn_budget: positive.optional(),
      max_summary_tokens: positive.optional(),
      min_turns_between_compactions: positive.optional(),
    })
    .optional(),
  retention: Retention.optional(),
  ...modelSections,
  ...inertSections,
});
export type ConfigDocument = z.infer<typeof ConfigDocument>;
