import { type ModelEvent, type Provider, ProviderError } from "./provider.ts";

/** A piece of a key this long opens nothing, and may well be a word. */
const HARMLESS = 7;

/** The vendor's adapter, with the key gone from whatever it says of a failure: some servers echo it. */
export function hidingKey(provider: Provider, apiKey: string): Provider {
  const rethrow = (cause: unknown): never => {
    throw cause instanceof ProviderError ? told(cause, apiKey) : cause;
  };
  // Only what is there is called.
  const whole = provider as Required<Provider>;
  return {
    name: provider.name,
    stream: (request, signal) => guarded(provider.stream(request, signal), rethrow),
    ...(provider.resume && {
      resume: (handle, request, signal) => guarded(whole.resume(handle, request, signal), rethrow),
    }),
    ...(provider.cancel && { cancel: (handle) => whole.cancel(handle).catch(rethrow) }),
  };
}

function guarded(
  source: AsyncIterable<ModelEvent>,
  rethrow: (cause: unknown) => never,
): AsyncIterable<ModelEvent> {
  const inner = source[Symbol.asyncIterator]();
  const iterator: AsyncIterator<ModelEvent> = {
    // Every token comes through here, so it is no generator of its own.
    next: () => inner.next().catch(rethrow),
    return: async () => (await inner.return?.()) ?? { done: true, value: undefined },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

/**
 * A text without the key and without any piece of it: what came before may have cut the text short or
 * masked a part.
 */
export function withoutKey(text: string, key: string): string {
  const [haystack, needle] = [text.toLowerCase(), key.toLowerCase()];
  const length = Math.min(HARMLESS + 1, needle.length);
  const pieces = new Set(
    Array.from({ length: needle.length - length + 1 }, (_, at) => needle.slice(at, at + length)),
  );
  let clean = "";
  let hiddenTo = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (pieces.has(haystack.slice(at, at + length))) {
      if (at >= hiddenTo) clean += "[hidden]";
      hiddenTo = at + length;
    }
    if (at >= hiddenTo) clean += text[at] ?? "";
  }
  return clean;
}

function told(error: ProviderError, apiKey: string): ProviderError {
  const { kind, message, retryable, status, retryAfterMs } = error;
  const clean = withoutKey(message, apiKey);
  return clean === message
    ? error
    : new ProviderError(kind, clean, { retryable, status, retryAfterMs });
}
