import * as z from "zod";
import { withoutEffect } from "./config-inert.ts";

const name = z.string().min(1).max(256);
const secret = z.string().min(1).max(4_096);
const vendor = z.enum(["anthropic", "openai", "gemini"]);

const address = z
  .string()
  .max(2_048)
  .refine(
    isWebAddress,
    "an address is an http or https URL without a user, such as https://host/v1",
  );

/** The parts of a realm's config that say which models there are, where, and by which key (contract 8.3, 9.4). */
export const modelSections = {
  models: z
    .looseObject({
      anthropic: name.nullish(),
      openai: name.nullish(),
      gemini: name.nullish(),
    })
    .optional(),
  provider: z
    .looseObject({
      type: vendor,
      api_key: withoutEffect(secret).nullish(),
      base_url: withoutEffect(address).nullish(),
    })
    .optional(),
  providers: z
    .looseObject({
      base_urls: withoutEffect(z.record(name, address)).nullish(),
      api_keys: withoutEffect(z.record(name, secret)).nullish(),
    })
    .optional(),
  self_hosted: withoutEffect(z.looseObject({})).optional(),
  model_fallback: withoutEffect(z.looseObject({})).optional(),
};

function isWebAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === "https:" || protocol === "http:") && username === "" && password === "";
}
