import * as z from "zod";
import { ProviderName } from "./run.ts";

const name = z.string().min(1).max(256);

/** A key as it goes into a request's header. */
export const ApiKey = z
  .string()
  .min(1)
  .max(4_096)
  .regex(/^[\x21-\x7e]+$/, "a key has visible ASCII characters only, and no spaces");

const dollars = z.number().nonnegative();

/** What a model can do, where the catalog does not say so: absent means no, but for the temperature. */
const abilities = {
  display_name: name.optional(),
  family: name.optional(),
  tier: z.enum(["recommended", "supported"]).optional(),
  context_window: z.int().positive().optional(),
  max_output_tokens: z.int().positive().optional(),
  vision: z.boolean().optional(),
  image_tool_results: z.boolean().optional(),
  inline_video: z.boolean().optional(),
  supports_temperature: z.boolean().optional(),
  supports_thinking: z.boolean().optional(),
  supports_reasoning: z.boolean().optional(),
  supports_web_search: z.boolean().optional(),
  /** Seconds to wait for the model's first sign. */
  call_timeout_secs: z.number().positive().max(3_600).optional(),
  /** US dollars per million tokens; 0 for one's own machine. */
  price: z
    .object({
      input: dollars,
      output: dollars,
      cached_input: dollars.optional(),
      cache_write: dollars.optional(),
    })
    .optional(),
};

export type Abilities = Partial<z.infer<z.ZodObject<typeof abilities>>>;

/** A model of a known vendor that the catalog does not have, or has otherwise ([08] `[models.<id>]`). */
const CustomModel = z.looseObject({ provider: ProviderName, ...abilities });
export type CustomModel = z.infer<typeof CustomModel>;

/** Where a server is: an http or https URL that carries no user. */
export const address = z
  .string()
  .max(2_048)
  .refine(
    isWebAddress,
    "an address is an http or https URL without a user, such as https://host/v1",
  );

const SelfHostedServer = z.looseObject({
  transport: z.literal("openai_compatible").optional(),
  base_url: address,
  api_style: z.enum(["chat_completions", "responses"]).optional(),
});

const SelfHostedModel = z.looseObject({ server: name, remote_model: name, ...abilities });

/** A model in a fallback chain: its name, or its name and whose it is. */
const ChainLink = z.union([
  name,
  z.looseObject({ model: name, provider: ProviderName.optional() }),
]);

/** To TypeScript the keys with a name of their own must be of the other keys' type, too. */
const OtherKey: z.ZodType<CustomModel | string | null | undefined> = CustomModel;

/** The parts of a realm's config that say which models there are and where (contract 8.3, 9.4). */
export const modelSections = {
  models: z
    .object({ anthropic: name.nullish(), openai: name.nullish(), gemini: name.nullish() })
    .catchall(OtherKey)
    .optional(),
  provider: z
    .looseObject({
      type: z.enum(["anthropic", "openai", "gemini"]),
      api_key: ApiKey.nullish(),
      base_url: address.nullish(),
    })
    .optional(),
  providers: z
    .looseObject({
      base_urls: z.partialRecord(ProviderName, address).nullish(),
      api_keys: z.partialRecord(ProviderName, ApiKey).nullish(),
    })
    .optional(),
  self_hosted: z
    .looseObject({
      default_model: name.nullish(),
      servers: z.record(name, SelfHostedServer).optional(),
      models: z.record(name, SelfHostedModel).optional(),
    })
    .optional(),
  model_fallback: z
    .looseObject({
      enabled: z.boolean().optional(),
      use_catalog_default_chain: z.boolean().optional(),
      chain: z.array(ChainLink).max(16).optional(),
    })
    .optional(),
};

function isWebAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === "https:" || protocol === "http:") && username === "" && password === "";
}
