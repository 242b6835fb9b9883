import * as z from "zod";
import { modelSections } from "./models-config.ts";
import { defineOperation, type McpTool } from "./operation.ts";
import { ProviderParams } from "./run.ts";

const duration = z
  .string()
  .regex(/^\d+(\.\d+)?(ms|s|m|h)$/, 'a duration is a number and ms, s, m or h, such as "30s"');

const positive = z.int().positive();

/** The config keys that mean something at the edge, all optional; others are kept as they are (contract 8.3). */
export const ConfigDocument = z.looseObject({
  agent: z
    .looseObject({
      model: z.string().min(1).nullish(),
      max_tokens_per_turn: positive.nullish(),
      system_prompt: z.string().nullish(),
      tool_instructions: z.string().nullish(),
      temperature: z.number().min(0).max(2).nullish(),
      max_turns: positive.nullish(),
      budget_warning_threshold: z.number().min(0).max(1).nullish(),
      provider_params: ProviderParams.nullish(),
    })
    .optional(),
  retry: z
    .looseObject({
      max_retries: z.int().nonnegative().max(10).optional(),
      initial_delay: duration.optional(),
      max_delay: duration.optional(),
      multiplier: z.number().min(1).max(10).optional(),
      call_timeout: z.union([z.literal("disabled"), duration]).nullish(),
      stream_inactivity_timeout: duration.optional(),
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
      max_tokens: positive.nullish(),
      max_duration: duration.nullish(),
      max_tool_calls: z.int().nonnegative().nullish(),
    })
    .optional(),
  tools: z
    .looseObject({
      builtins_enabled: z.boolean().optional(),
      default_timeout: duration.optional(),
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
  ...modelSections,
  /** When sessions are erased by themselves, in days; without a number they are kept for ever. */
  retention: z
    .looseObject({
      archived_days: positive.max(36_500).nullish(),
      idle_days: positive.max(36_500).nullish(),
    })
    .optional(),
});
export type ConfigDocument = z.infer<typeof ConfigDocument>;

const knownKeys = new Set(
  Object.values(ConfigDocument.shape).flatMap((section) => Object.keys(section.unwrap().shape)),
);

/** Gives keys in camelCase their real names, as the original's TypeScript examples write them (contract 13.17). */
export function withRealNames(document: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(document).map(([key, value]) => {
      const name = key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      const isSection = typeof value === "object" && value !== null && !Array.isArray(value);
      // Just checked to be an object.
      const inner = isSection ? withRealNames(value as Record<string, unknown>) : value;
      return [knownKeys.has(name) ? name : key, inner];
    }),
  );
}

/** A realm's config with its place in time (contract 8.1). */
export const ConfigEnvelope = z.object({
  config: z.record(z.string(), z.unknown()),
  /** 0 for a config that was never written; one more with each write. */
  generation: z.int(),
  realm_id: z.string(),
  instance_id: z.string().nullable(),
  backend: z.string(),
});
export type ConfigEnvelope = z.infer<typeof ConfigEnvelope>;

/** Only write if the config is still at this generation. */
const expected_generation = z.int().nonnegative().nullish();

const configTool: McpTool = {
  name: "meerkat_config",
  title: "Read or change the realm's config",
  description:
    "Read the realm's settings (default model, limits, retries), or change them for all later turns: action get; set with config replaces everything; patch with patch merges it, null removes a key. Give expected_generation so as not to overwrite somebody else's change.",
  isReadOnly: false,
  isDestructive: true,
  isIdempotent: true,
  isOpenWorld: false,
};

/** Operations on the realm's config document. */
export const configOperations = {
  "config/get": defineOperation({
    summary: "Read the realm's config and its generation",
    http: ["GET", "/config"],
    scope: "read",
    input: z.object({}),
    output: ConfigEnvelope,
    mcp: { ...configTool, action: "get" },
  }),
  "config/set": defineOperation({
    summary: "Replace the realm's config; keys left out return to their defaults",
    http: ["PUT", "/config"],
    scope: "admin",
    bareBody: "config",
    input: z.object({ config: z.record(z.string(), z.unknown()), expected_generation }),
    output: ConfigEnvelope,
    mcp: { ...configTool, action: "set" },
  }),
  "config/patch": defineOperation({
    summary:
      "Change parts of the realm's config by JSON Merge Patch (RFC 7396); null removes a key",
    http: ["PATCH", "/config"],
    scope: "admin",
    bareBody: "patch",
    input: z.object({ patch: z.record(z.string(), z.unknown()), expected_generation }),
    output: ConfigEnvelope,
    mcp: { ...configTool, action: "patch" },
  }),
};
