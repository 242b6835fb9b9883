import { Patience } from "./patience.ts";
import { ProviderError, type Timeouts } from "./provider.ts";
import {
  credentialsIn,
  kindOfName,
  kindOfStatus,
  readFailure,
  safeMessage,
} from "./vendor-failure.ts";

/** A fetch for vendor calls: gives up on silence before the headers, and lets only event streams through as success. */
export function upstreamFetch(timeouts: Timeouts, send: typeof fetch = fetch): typeof fetch {
  return async (input, init) => {
    const deadline = new AbortController();
    const caller = init?.signal;
    const signal = caller ? AbortSignal.any([caller, deadline.signal]) : deadline.signal;
    const timer = setTimeout(() => deadline.abort(), timeouts.headersMs);
    try {
      // A redirect may lead where no address is allowed to, with the key in the request's headers.
      const response = await send(input, { ...init, signal, redirect: "manual" });
      if (response.status >= 300 && response.status < 400) return await redirected(response);
      if (response.ok) return await eventStream(response);
      return await readError(response, credentialsIn(init?.headers));
    } catch (cause) {
      if (cause instanceof ProviderError || caller?.aborted) throw cause;
      if (deadline.signal.aborted) {
        // The SDKs replace an error whose text speaks of a "timeout" by one of their own.
        const message = `the provider did not answer within ${timeouts.headersMs} ms`;
        throw new ProviderError("header_timeout", message);
      }
      throw new ProviderError("network", "the provider could not be reached");
    } finally {
      clearTimeout(timer);
    }
  };
}

async function eventStream(response: Response): Promise<Response> {
  const type = response.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type === "text/event-stream") return quick(response);
  await response.body?.cancel();
  const what = type ? safeMessage(type.slice(0, 60)) : "no content type";
  const message = `the provider answered ${response.status} with ${what} instead of an event stream`;
  throw new ProviderError("bad_response", message, { status: response.status });
}

async function redirected(response: Response): Promise<never> {
  await response.body?.cancel();
  const message = `the provider answered ${response.status}, a redirect, which is not followed`;
  throw new ProviderError("bad_response", message, { status: response.status });
}

/**
 * The SDKs and we iterate over the body. The runtime's own iterator takes more time per chunk than all
 * that is done with the chunk, so the body gets one made from its reader.
 */
function quick(response: Response): Response {
  const { body } = response;
  return body === null
    ? response
    : Object.defineProperty(response, "body", {
        value: Object.defineProperty(body, Symbol.asyncIterator, { value: () => chunksOf(body) }),
      });
}

async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) yield step.value;
  } finally {
    await reader.cancel();
  }
}

/**
 * The SDKs read an error's body for as long as it lasts; here the deadline of the headers covers it too.
 * Vendors and proxies quote the key they were sent; nobody behind this line sees it.
 */
async function readError(response: Response, secrets: readonly string[]): Promise<Response> {
  const body = await response.text().catch(() => "");
  const told = secrets.reduce((text, secret) => text.replaceAll(secret, "[hidden]"), body);
  return new Response(told || null, response);
}

/**
 * What `source` yields, with a limit on silence. Ends when `controller` is aborted from outside; aborts
 * it itself, and throws `idle_timeout`, after `idleMs` of waiting. Time the consumer takes does not count.
 */
export async function* watched<T>(
  source: AsyncIterable<T>,
  idleMs: number,
  controller: AbortController,
): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  const patience = new Patience<T>(idleMs, controller);
  try {
    while (!controller.signal.aborted) {
      const step = await patience.next(iterator);
      if (step === undefined || step.done) break;
      yield step.value;
    }
  } catch (cause) {
    if (!controller.signal.aborted) throw cause;
  } finally {
    patience.end();
    const closed = iterator.return?.().then(nothing, nothing);
    // After an abort the source may still be busy with a read that never settles.
    if (!controller.signal.aborted) await closed;
  }
  if (patience.expired) {
    throw new ProviderError("idle_timeout", `the provider was silent for ${idleMs} ms`);
  }
}

/** Turns a vendor's HTTP status into a failure of our own. */
export function statusError(
  provider: string,
  status: number,
  message: string,
  retryAfterMs?: number,
): ProviderError {
  const text = safeMessage(message);
  return new ProviderError(
    kindOfStatus(status, message),
    `${provider} answered ${status}${text && `: ${text}`}`,
    {
      status,
      retryAfterMs,
      // A spent budget answers 429 like a rate limit, but no waiting helps.
      ...(message.includes("insufficient_quota") && { retryable: false }),
    },
  );
}

/** Turns anything thrown during a vendor's call into a ProviderError whose message is safe to show. */
export function classify(provider: string, cause: unknown): ProviderError {
  if (cause instanceof ProviderError) return cause;
  if (cause instanceof SyntaxError) {
    return new ProviderError("stream_truncated", `${provider} sent a broken event`);
  }
  if (cause instanceof TypeError || cause instanceof RangeError) {
    return new ProviderError("bad_response", `${provider} sent something unexpected`);
  }
  if (!(cause instanceof Error)) return lost(provider);
  if (cause.cause instanceof ProviderError) return cause.cause;
  if (cause.name === "APIConnectionTimeoutError") {
    return new ProviderError("header_timeout", `${provider} did not answer in time`);
  }
  const { status, names, message, retryAfterMs } = readFailure(cause);
  const spent = names.includes("insufficient_quota");
  if (status !== undefined && status >= 400) {
    // What the status does not tell goes by the vendor's name for it.
    const telling = names.find((name) => tellingNames.has(name));
    const said = telling === undefined ? message : `${telling}: ${message}`;
    return statusError(provider, status, said, retryAfterMs);
  }
  if (names.length === 0) return lost(provider);
  // OpenAI names a general type before the code.
  const kind = names.map(kindOfName).findLast((known) => known !== undefined);
  const said = `${provider} reported ${names.join(", ")}: ${message}`;
  return new ProviderError(kind ?? "server_error", safeMessage(said), {
    retryAfterMs,
    ...(spent && { retryable: false }),
  });
}

const tellingNames = new Set(["insufficient_quota", "context_length_exceeded"]);

function lost(provider: string): ProviderError {
  return new ProviderError("network", `the connection to ${provider} was lost`);
}

/**
 * A controller for one request that follows the caller's signal. Hold it with `using`: leaving the scope
 * takes its listener off the caller's signal and closes the upstream if it is still open.
 */
export function linked(signal: AbortSignal): AbortController & Disposable {
  const controller = new AbortController();
  const follow = (): void => controller.abort();
  if (signal.aborted) follow();
  else signal.addEventListener("abort", follow, { once: true });
  return Object.assign(controller, {
    [Symbol.dispose]: () => {
      signal.removeEventListener("abort", follow);
      follow();
    },
  });
}

function nothing(): void {}
