import { type Camel, camel, snake } from "./casing.ts";
import type { WriteOptions } from "./client-options.ts";
import type { ConfigEnvelope as WireConfigEnvelope } from "./contract/index.ts";
import type { Link } from "./link.ts";

/** A realm's config with its generation; the document itself keeps its own keys. */
export type ConfigEnvelope = Camel<WireConfigEnvelope>;

/** Reads or writes the config; `body` holds the document or what is merged into it. */
export async function callConfig(
  link: Link,
  method: "config/get" | "config/set" | "config/patch",
  body: object,
  { expectedGeneration, signal }: WriteOptions = {},
): Promise<ConfigEnvelope> {
  const params = snake({ ...body, expectedGeneration });
  const envelope = await link.call(method, params, signal);
  // The operation's output in the contract, which the deployment's tests hold it to.
  return camel(envelope) as ConfigEnvelope;
}
