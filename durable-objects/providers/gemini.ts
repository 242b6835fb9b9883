import { createParser } from "eventsource-parser";
import { GeminiAnswer } from "./gemini-answer.ts";
import { chunkError, responseError } from "./gemini-error.ts";
import { geminiBody } from "./gemini-request.ts";
import { type ModelRequest, type Provider, ProviderError } from "./provider.ts";
import { classify, linked, upstreamFetch, watched } from "./upstream.ts";

/** Where Gemini is, and what opens it. */
interface GeminiOptions {
  apiKey: string;
  /** Without `/v1beta`. */
  baseUrl?: string | undefined;
  fetch?: typeof fetch | undefined;
}

/** Google's Gemini API as a provider. Its SDK would cost more CPU per token than all the rest of a turn. */
export function createGemini(options: GeminiOptions): Provider {
  const name = "gemini";
  return {
    name,
    async *stream(request, signal) {
      using controller = linked(signal);
      const answer = new GeminiAnswer();
      try {
        const response = await call(options, request, controller.signal);
        for await (const data of watched(events(response), request.timeouts.idleMs, controller)) {
          const chunk: unknown = JSON.parse(data);
          const failure = chunkError(chunk);
          if (failure) throw failure;
          for (const said of answer.take(chunk)) yield said;
        }
      } catch (cause) {
        if (signal.aborted) return;
        // The reason to stop is the last thing said; how the connection ends after it does not matter.
        if (!answer.complete) throw classify(name, cause);
      }
      if (answer.complete) yield answer.end(request.model);
      else if (!signal.aborted) throw new ProviderError("stream_truncated", `${name} ended early`);
    },
  };
}

async function call(
  { apiKey, baseUrl = "https://generativelanguage.googleapis.com", fetch: send }: GeminiOptions,
  request: ModelRequest,
  signal: AbortSignal,
): Promise<Response> {
  const model = encodeURIComponent(request.model.replace(/^models\//, ""));
  const url = `${baseUrl.replace(/\/+$/, "")}/v1beta/models/${model}:streamGenerateContent?alt=sse`;
  const response = await upstreamFetch(request.timeouts, send)(url, {
    method: "POST",
    headers: { "content-type": "application/json", "x-goog-api-key": apiKey },
    body: JSON.stringify(geminiBody(request)),
    signal,
  });
  if (response.ok) return response;
  throw await responseError(response);
}

/** The data of each server-sent event. Read by hand: a stream piped through parsers costs three times as much. */
async function* events({ body }: Response): AsyncGenerator<string> {
  const ready: string[] = [];
  const parser = createParser({ onEvent: ({ data }) => ready.push(data) });
  const decoder = new TextDecoder();
  for await (const bytes of body ?? []) {
    parser.feed(decoder.decode(bytes, { stream: true }));
    for (const data of ready.splice(0)) yield data;
  }
}
