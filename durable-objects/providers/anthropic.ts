import { BaseAnthropic } from "@anthropic-ai/sdk/client";
import { Messages } from "@anthropic-ai/sdk/resources/messages/messages";
import { AnthropicAnswer } from "./anthropic-answer.ts";
import { anthropicBody } from "./anthropic-request.ts";
import { type Provider, ProviderError } from "./provider.ts";
import { classify, linked, upstreamFetch, watched } from "./upstream.ts";

/** Where an Anthropic-speaking vendor is, and what opens it. */
interface AnthropicOptions {
  apiKey: string;
  /** Without `/v1`. */
  baseUrl?: string | undefined;
  fetch?: typeof fetch | undefined;
}

/** Anthropic's Messages API as a provider. */
export function createAnthropic({ apiKey, baseUrl, fetch: send }: AnthropicOptions): Provider {
  const name = "anthropic";
  return {
    name,
    async *stream(request, signal) {
      using controller = linked(signal);
      const client = new BaseAnthropic({
        apiKey,
        baseURL: baseUrl ?? "https://api.anthropic.com",
        fetch: upstreamFetch(request.timeouts, send),
        maxRetries: 0,
        openTelemetry: false,
        // It would print what it cannot parse, which is what users and models said.
        logLevel: "off",
      });
      const answer = new AnthropicAnswer();
      try {
        const stream = await new Messages(client).create(anthropicBody(request), {
          signal: controller.signal,
        });
        for await (const event of watched(stream, request.timeouts.idleMs, controller)) {
          const said = answer.take(event);
          if (said) yield said;
          // A proxy may keep the connection open after the last event.
          if (answer.complete) break;
        }
      } catch (cause) {
        if (signal.aborted) return;
        throw classify(name, cause);
      }
      if (answer.complete) yield answer.end(request.model);
      else if (!signal.aborted) throw new ProviderError("stream_truncated", `${name} ended early`);
    },
  };
}
