import * as z from "zod";
import { defineOperation, type McpTool } from "./operation.ts";

/** A realm's config with its place in time (contract 8.1). */
export const ConfigEnvelope = z.object({
  config: z.record(z.string(), z.unknown()),
  /** 0 for a config that was never written; one more with each write. */
  generation: z.int(),
  realm_id: z.string(),
  instance_id: z.string().nullable(),
  backend: z.string(),
  /** Keys that are kept and change nothing on this deployment; absent when there are none. */
  ineffective_keys: z.array(z.string()).optional(),
  /** After a restore: secrets that the generation had and nobody holds any more. */
  lost_secrets: z.array(z.string()).optional(),
});
export type ConfigEnvelope = z.infer<typeof ConfigEnvelope>;

/** One write of the config: who, when, what. */
const ConfigChange = z.object({
  /** What the config became. */
  generation: z.int(),
  /** Unix seconds. */
  created_at: z.int(),
  /** Whose access it was: `admin`, `open` on a server without a token, or a token's id. */
  actor: z.string(),
  action: z.enum(["set", "patch", "restore"]),
  /** The generation that a restore brought back. */
  restored_generation: z.int().optional(),
  /** Paths of keys that were added, changed or removed, sorted; the first 100. Never their values. */
  changed_keys: z.array(z.string()),
  /** How many there were. */
  changed_count: z.int(),
  /** The document of that generation without its secrets; only where one generation was asked for. */
  config: z.record(z.string(), z.unknown()).optional(),
});
export type ConfigChange = z.infer<typeof ConfigChange>;

const ConfigHistory = z.object({
  /** Newest first. */
  history: z.array(ConfigChange),
  /** The present one. */
  generation: z.int(),
});
export type ConfigHistory = z.infer<typeof ConfigHistory>;

/** Only write if the config is still at this generation. */
const expected_generation = z.int().nonnegative().nullish();

const configTool: McpTool = {
  name: "meerkat_config",
  title: "Read or change the realm's config",
  description:
    "Read the realm's settings, or change them for all later turns: action get; set replaces everything; patch merges, null removes a key; history tells who changed what; restore brings a generation back. Give expected_generation so as not to overwrite somebody else's change.",
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
    mcp: { ...configTool, action: "set", refusesSecrets: true },
  }),
  "config/patch": defineOperation({
    summary:
      "Change parts of the realm's config by JSON Merge Patch (RFC 7396); null removes a key",
    http: ["PATCH", "/config"],
    scope: "admin",
    bareBody: "patch",
    input: z.object({ patch: z.record(z.string(), z.unknown()), expected_generation }),
    output: ConfigEnvelope,
    mcp: { ...configTool, action: "patch", refusesSecrets: true },
  }),
  "config/history": defineOperation({
    summary:
      "List the last 50 changes of the realm's config: who, when, which keys; one of them with its document",
    http: ["GET", "/config/history"],
    scope: "read",
    input: z.object({
      /** Only this one, with its document. */
      generation: z.coerce.number().int().positive().optional(),
      limit: z.coerce.number().int().positive().max(50).optional(),
    }),
    output: ConfigHistory,
    mcp: { ...configTool, action: "history" },
  }),
  "config/restore": defineOperation({
    summary:
      "Write the document of an older generation again, as a new one; secrets stay the present ones",
    http: ["POST", "/config/restore"],
    scope: "admin",
    input: z.object({ generation: z.int().positive(), expected_generation }),
    output: ConfigEnvelope,
    mcp: { ...configTool, action: "restore" },
  }),
};
