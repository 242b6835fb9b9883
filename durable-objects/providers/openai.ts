import OpenAI from "openai";
import type { Usage } from "../../sdk/contract/index.ts";
import { ProviderError } from "./provider.ts";
import type { ModelEnd, ModelEvent, ModelRequest, StoredMessage } from "./provider.ts";
import { classify, linked, upstreamFetch, watched } from "./upstream.ts";

/** Where a server that speaks one of OpenAI's protocols is, and how to get in. */
export interface OpenAiServer {
  name: string;
  apiKey: string;
  /** With its `/v1`. */
  baseUrl: string;
  fetch?: typeof fetch;
}

/** One answer being read: what its stream has said so far, in our terms. */
export interface Answer<Chunk> {
  read(chunk: Chunk): readonly ModelEvent[];
  /** The vendor has said why it stopped: what breaks after that takes nothing away. */
  readonly stopped: boolean;
  /** Nothing worth waiting for can follow. */
  readonly over: boolean;
  /** @throws {ProviderError} when the vendor's last word was that it failed. */
  end(): ModelEnd;
}

/** How one of OpenAI's protocols asks, and how it reads the answer. */
export interface Protocol<Chunk> {
  open: (client: OpenAI, signal: AbortSignal) => Promise<AsyncIterable<Chunk>>;
  answer: Answer<Chunk>;
}

/** How long a server may take to close a stream that is over; an orderly end keeps the connection usable. */
const LINGER_MS = 250;

/** Runs one model call over either protocol: silence, aborts, early ends and errors are the same for both. */
export async function* runCall<Chunk>(
  server: OpenAiServer,
  { open, answer }: Protocol<Chunk>,
  { timeouts }: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  using controller = linked(signal);
  let linger: ReturnType<typeof setTimeout> | undefined;
  try {
    const client = openAiClient(server, upstreamFetch(timeouts, server.fetch));
    const source = await open(client, controller.signal);
    for await (const chunk of watched(source, timeouts.idleMs, controller)) {
      if (linger !== undefined) continue;
      for (const event of answer.read(chunk)) yield event;
      if (answer.over) linger = setTimeout(() => controller.abort(), LINGER_MS);
    }
  } catch (cause) {
    if (!signal.aborted && !answer.stopped) throw classify(server.name, cause);
  } finally {
    clearTimeout(linger);
  }
  if (signal.aborted) return;
  if (!answer.stopped) {
    throw new ProviderError("stream_truncated", `${server.name} ended its answer too early`);
  }
  yield answer.end();
}

export function openAiClient({ apiKey, baseUrl }: OpenAiServer, send: typeof fetch): OpenAI {
  return new OpenAI({
    // Servers without keys ignore it, but the SDK insists on one.
    apiKey: apiKey || "none",
    baseURL: baseUrl,
    fetch: send,
    maxRetries: 0,
    logLevel: "off",
    // Unset, they would be read from the Worker's environment, which is not the tenant's.
    organization: null,
    project: null,
    adminAPIKey: null,
    webhookSecret: null,
  });
}

/** Tokens as OpenAI counts them: the input total already includes what came from a cache. */
export function openAiUsage(
  input: number,
  output: number,
  parts: {
    cacheRead?: number | undefined;
    cacheWrite?: number | undefined;
    reasoning?: number | undefined;
  },
): Usage {
  const { cacheRead, cacheWrite, reasoning } = parts;
  return {
    input_tokens: input,
    output_tokens: output,
    ...(cacheWrite && { cache_creation_tokens: cacheWrite }),
    ...(cacheRead && { cache_read_tokens: cacheRead }),
    ...(reasoning && { reasoning_tokens: reasoning }),
  };
}

/** A tool call's arguments; text that is not JSON stays a string, for the turn to refuse. */
export function parseArguments(text: unknown): unknown {
  // Some compatible servers send the arguments parsed already.
  if (typeof text !== "string") return text ?? {};
  if (text.trim() === "") return {};
  try {
    // Some models call a tool without arguments with `null`.
    return JSON.parse(text) ?? {};
  } catch {
    return text;
  }
}

/** The content to replay verbatim, if this very model wrote it; seals of another model are not readable. */
export function ownContent({ native }: StoredMessage, provider: string, model: string): unknown {
  return native?.provider === provider && native.model === model ? native.content : undefined;
}

/** An image as both protocols take it. */
export function dataUrl({ media_type, data }: { media_type: string; data: string }): string {
  return `data:${media_type};base64,${data}`;
}

/** The sampling knobs, a session's temperature before a parameter's; nothing for a model that takes none. */
export function samplingOf(
  { temperature, traits }: ModelRequest,
  params: { temperature?: number; top_p?: number },
): { temperature?: number; top_p?: number } {
  if (!traits.temperature) return {};
  return {
    ...(params.temperature !== undefined && { temperature: params.temperature }),
    ...(params.top_p !== undefined && { top_p: params.top_p }),
    ...(temperature !== undefined && { temperature }),
  };
}
