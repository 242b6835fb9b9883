import * as z from "zod";
import { defineOperation } from "./operation.ts";

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
      provider_params: z.record(z.string(), z.unknown()).nullish(),
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
  tools: z
    .looseObject({
      builtins_enabled: z.boolean().optional(),
      default_timeout: duration.optional(),
    })
    .optional(),
});
export type ConfigDocument = z.infer<typeof ConfigDocument>;

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

/** Operations on the realm's config document. */
export const configOperations = {
  "config/get": defineOperation({
    summary: "Read the realm's config and its generation",
    http: ["GET", "/config"],
    scope: "read",
    input: z.object({}),
    output: ConfigEnvelope,
  }),
};
