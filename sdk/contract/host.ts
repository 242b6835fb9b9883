import * as z from "zod";
import { SessionLocator } from "./ids.ts";
import { defineOperation } from "./operation.ts";
import { ProviderName } from "./run.ts";

/** The version of this package; a test holds it to package.json. */
export const packageVersion = "0.1.0";

/** The contract generation that this deployment speaks. */
export const contractVersion = { major: 0, minor: 8, patch: 26 } as const;

const ContractVersion = z.object({ major: z.int(), minor: z.int(), patch: z.int() });

const CapabilityStatus = z.union([
  z.literal("Available"),
  z.object({ DisabledByPolicy: z.object({ description: z.string() }) }),
  z.object({ NotCompiled: z.object({ feature: z.string() }) }),
]);

/** US dollars per million tokens. A kind of input that is left out costs what input costs. */
const rates = {
  input: z.number(),
  output: z.number(),
  cached_input: z.number().optional(),
  cache_write: z.number().optional(),
  /** For entries that the vendor's cache keeps for an hour. */
  cache_write_1h: z.number().optional(),
};

const CatalogEntry = z.object({
  id: z.string(),
  display_name: z.string(),
  tier: z.enum(["recommended", "supported"]),
  /** The server of the realm's config that runs it. */
  server_id: z.string().optional(),
  context_window: z.int().optional(),
  max_output_tokens: z.int().optional(),
  profile: z.object({
    model_family: z.string(),
    supports_temperature: z.boolean(),
    supports_thinking: z.boolean(),
    supports_reasoning: z.boolean(),
    supports_web_search: z.boolean(),
    vision: z.boolean(),
    image_input: z.boolean(),
    image_tool_results: z.boolean(),
    inline_video: z.boolean(),
    realtime: z.boolean(),
    image_generation: z.boolean(),
    beta_headers: z.array(z.string()),
    params_schema: z.record(z.string(), z.unknown()),
  }),
  price: z.union([
    z.literal("unknown"),
    z.object({
      ...rates,
      /** What the whole call costs when its input is larger than `above` tokens. */
      long: z.object({ above: z.int(), ...rates }).optional(),
    }),
  ]),
});

/** What this deployment can do, and which vendors it has keys for. */
export const Capabilities = z.object({
  contract_version: ContractVersion,
  capabilities: z.array(
    z.object({ id: z.string(), description: z.string(), status: CapabilityStatus }),
  ),
  providers: z.array(
    z.object({
      provider: ProviderName,
      configured: z.boolean(),
      /** `demo` is a built-in script, chosen by itself only when no vendor has a key. */
      is_default: z.boolean(),
    }),
  ),
});
export type Capabilities = z.infer<typeof Capabilities>;

/** The models that this deployment knows by name, and those of the realm's config. */
export const ModelsCatalog = z.object({
  contract_version: ContractVersion,
  /** The day of the prices, `YYYY-MM-DD`. */
  prices_as_of: z.string(),
  providers: z.array(
    z.object({
      provider: ProviderName,
      default_model_id: z.string(),
      models: z.array(CatalogEntry),
    }),
  ),
});
export type ModelsCatalog = z.infer<typeof ModelsCatalog>;

/** Operations that tell what the deployment is, and let browsers in. */
export const hostOperations = {
  "tickets/create": defineOperation({
    summary:
      "Trade the token for a single-use ticket, with which a browser opens a socket or stream",
    http: ["POST", "/tickets"],
    scope: "read",
    input: z.object({
      /** The ticket then opens this session's events only. */
      session_id: SessionLocator.optional(),
    }),
    output: z.object({
      ticket: z.string(),
      /** Unix seconds, at most a minute ahead. */
      expires_at: z.int(),
    }),
  }),
  "capabilities/get": defineOperation({
    summary: "Tell what this deployment can do",
    http: ["GET", "/capabilities"],
    scope: "read",
    input: z.object({}),
    output: Capabilities,
    mcp: {
      name: "meerkat_capabilities",
      title: "What this deployment can do",
      description:
        "Tell which features this deployment has and which model vendors it holds keys for. Ask before relying on a feature or provider.",
      isReadOnly: true,
      isDestructive: false,
      isIdempotent: true,
      isOpenWorld: false,
    },
  }),
  "skills/list": defineOperation({
    summary: "List instruction packs; this deployment has none",
    http: ["GET", "/skills"],
    scope: "read",
    input: z.object({}),
    output: z.object({ skills: z.array(z.record(z.string(), z.unknown())) }),
  }),
  "models/catalog": defineOperation({
    summary: "List the models this deployment and the realm know by name, with sizes and prices",
    http: ["GET", "/models/catalog"],
    scope: "read",
    input: z.object({}),
    output: ModelsCatalog,
    mcp: {
      name: "meerkat_models_catalog",
      title: "Known models",
      description:
        "List the models known by name, with their limits, prices and each vendor's default, to choose the model argument of meerkat_run.",
      isReadOnly: true,
      isDestructive: false,
      isIdempotent: true,
      isOpenWorld: false,
    },
  }),
};
