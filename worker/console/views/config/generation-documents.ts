import type { MeerkatClient } from "meerkat-edge";
import type { Document } from "./json-text.ts";

/** The document of a generation, without its secrets; before the first write it was empty. @throws for one that is not kept */
export async function documentOf(
  client: MeerkatClient,
  generation: number,
  signal: AbortSignal,
): Promise<Document> {
  if (generation === 0) return {};
  const { history } = await client.configHistory({ generation, signal });
  return history[0]?.config ?? {};
}
