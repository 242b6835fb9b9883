import { openAiClient, type OpenAiServer } from "./openai.ts";
import { ProviderError, type UpstreamHandle } from "./provider.ts";
import { classify } from "./upstream.ts";

/** How long the vendor may take to confirm that a response is cancelled. Nobody waits for it. */
const CANCEL_MS = 10_000;

/** The response that a handle stands for. @throws {ProviderError} for another vendor's handle */
export function responseId({ kind, id }: UpstreamHandle): string {
  if (kind === "openai_response") return id;
  throw new ProviderError(
    "not_found",
    "the call that was cut off is not a response of this vendor",
  );
}

/** Ends a background response, which is paid for as long as it goes on. @throws {ProviderError} */
export async function cancelResponse(server: OpenAiServer, id: string): Promise<void> {
  const client = openAiClient(server, server.fetch ?? fetch);
  try {
    await client.responses.cancel(id, { signal: AbortSignal.timeout(CANCEL_MS) });
  } catch (cause) {
    throw classify(server.name, cause);
  }
}
