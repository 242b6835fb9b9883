import type { KeyedProvider } from "../../sdk/contract/index.ts";
import type { Endpoint } from "./endpoint.ts";
import { withoutKey } from "./hidden-key.ts";
import { readFailure, safeMessage } from "./vendor-failure.ts";

/** What a vendor says to a key. */
export interface KeyCheck {
  ok: boolean;
  status: number | null;
  latency_ms: number;
  error?: string;
}

const PATIENCE_MS = 15_000;
/** What a vendor has to say about a key is short; more than this is not read. */
const MAX_ERROR_BYTES = 64 * 1024;

/** Asks the vendor for its list of models: the smallest request that needs the key, and it costs nothing. */
export async function checkKey(name: KeyedProvider, endpoint: Endpoint): Promise<KeyCheck> {
  const { url, headers } = listRequests[name](endpoint);
  const startedAt = Date.now();
  const spent = () => Date.now() - startedAt;
  try {
    // A redirect may lead where no address is allowed to, with the key in the request's headers.
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(url, { headers, redirect: "manual", signal });
    const { status } = response;
    const problem = await problemOf(response);
    await response.body?.cancel().catch(() => undefined);
    if (problem === undefined) return { ok: true, status, latency_ms: spent() };
    const error = withoutKey(`${name} answered ${status}${problem}`, endpoint.apiKey);
    return { ok: false, status, latency_ms: spent(), error };
  } catch (cause) {
    const isLate = cause instanceof Error && cause.name === "TimeoutError";
    const what = isLate ? `did not answer within ${PATIENCE_MS} ms` : "could not be reached";
    return { ok: false, status: null, latency_ms: spent(), error: `${name} ${what}` };
  }
}

const listRequests: Readonly<
  Record<KeyedProvider, (to: Endpoint) => { url: string; headers: Record<string, string> }>
> = {
  anthropic: ({ apiKey, baseUrl = "https://api.anthropic.com" }) => ({
    url: `${bare(baseUrl)}/v1/models?limit=1`,
    // As its SDK sends a turn's call.
    headers: { authorization: `Bearer ${apiKey}`, "anthropic-version": "2026-10-21" },
  }),
  openai: ({ apiKey, baseUrl = "https://api.openai.com/v1" }) => ({
    url: `${bare(baseUrl)}/models`,
    headers: { authorization: `Bearer ${apiKey}` },
  }),
  gemini: ({ apiKey, baseUrl = "https://generativelanguage.googleapis.com" }) => ({
    url: `${bare(baseUrl)}/v1beta/models?pageSize=1`,
    headers: { "x-goog-api-key": apiKey },
  }),
  self_hosted: ({ apiKey, baseUrl = "" }) => ({
    url: `${bare(baseUrl)}/models`,
    headers: apiKey === "" ? {} : { authorization: `Bearer ${apiKey}` },
  }),
};

function bare(baseUrl: string): string {
  return baseUrl.replace(/\/+$/, "");
}

/** What is wrong with an answer, to follow its status; nothing when the vendor took the key. */
async function problemOf(response: Response): Promise<string | undefined> {
  const isJson = response.headers.get("content-type")?.includes("json");
  // A proxy's page for people has status 200, too.
  if (response.ok) return isJson ? undefined : " with something else than a list of models";
  const text = await beginning(response);
  const message = safeMessage(readFailure({ error: parsed(text) }).message);
  return message && `: ${message}`;
}

async function beginning({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  if (!body) return text;
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_ERROR_BYTES) break;
  }
  return text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
