import { otlpRequest } from "./otlp.ts";
import type { Span } from "./span.ts";

const TIMEOUT_MS = 5_000;
/** More than this many wait for nothing: they are sent before the turn is over. */
const BATCH = 64;
/** More than this many are not kept for a collector that does not answer. */
const CAPACITY = 512;

/** Where spans are sent, and with which headers. */
export interface OtlpSettings {
  RKAT_OTLP_ENDPOINT?: string;
  RKAT_OTLP_HEADERS?: string;
}

/**
 * Sends finished spans to a collector over OTLP/HTTP, in the background. It never delays or fails what is
 * traced: what cannot be sent at once and once is lost, and that is logged.
 */
export class SpanExporter {
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly #later: (work: Promise<void>) => void;
  #spans: Span[] = [];
  #lost = 0;
  #sending: Promise<void> | undefined;

  constructor(url: string, headers: Record<string, string>, later: (work: Promise<void>) => void) {
    this.#url = url;
    this.#headers = headers;
    this.#later = later;
  }

  /** The exporter that the settings ask for, if they do. */
  static of(env: OtlpSettings, later: (work: Promise<void>) => void): SpanExporter | undefined {
    const url = tracesUrl(env.RKAT_OTLP_ENDPOINT);
    return url === undefined
      ? undefined
      : new SpanExporter(url, readHeaders(env.RKAT_OTLP_HEADERS), later);
  }

  add(span: Span): void {
    if (this.#spans.length < CAPACITY) this.#spans.push(span);
    else this.#lost += 1;
    if (this.#spans.length >= BATCH) this.flush();
  }

  /** Sends what has come together; one request is under way at most. */
  flush(): void {
    if (this.#sending || this.#spans.length === 0) return;
    this.#sending = this.#send().finally(() => {
      this.#sending = undefined;
    });
    this.#later(this.#sending);
  }

  /** Never fails. */
  async #send(): Promise<void> {
    while (this.#spans.length > 0) {
      const spans = this.#spans.splice(0);
      const problem = await this.#post(otlpRequest(spans));
      if (problem !== undefined) this.#lost += spans.length;
      // Headers and answers stay out of the log: they may hold secrets.
      if (this.#lost > 0)
        console.warn(`${this.#lost} spans were lost: ${problem ?? "too many at once"}`);
      this.#lost = 0;
    }
  }

  /** @returns why it could not be sent */
  async #post(body: string): Promise<string | undefined> {
    try {
      const response = await fetch(this.#url, {
        method: "POST",
        headers: { "content-type": "application/json", ...this.#headers },
        body,
        // The headers are for the collector that the operator has named, and for no other.
        redirect: "manual",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await response.body?.cancel();
      return response.ok ? undefined : `the collector answered ${response.status}`;
    } catch (cause) {
      const isLate = cause instanceof Error && cause.name === "TimeoutError";
      return isLate ? "the collector did not answer" : "the collector could not be reached";
    }
  }
}

/** As OpenTelemetry's own exporters read it: a base, which the signal's path is added to. */
function tracesUrl(endpoint: string | undefined): string | undefined {
  if (!endpoint) return undefined;
  const base = URL.parse(endpoint);
  if (base?.protocol !== "https:" && base?.protocol !== "http:") {
    console.warn("RKAT_OTLP_ENDPOINT is no http(s) URL: no spans are sent");
    return undefined;
  }
  base.pathname = `${base.pathname.replace(/\/$/, "")}/v1/traces`;
  return base.href;
}

/** `name=value,name=value`, percent-encoded where need be, as `OTEL_EXPORTER_OTLP_HEADERS` is. */
function readHeaders(text = ""): Record<string, string> {
  const headers = new Headers();
  for (const pair of text.split(",")) {
    const cut = pair.indexOf("=");
    if (cut < 1) continue;
    try {
      headers.set(pair.slice(0, cut).trim(), decodeURIComponent(pair.slice(cut + 1).trim()));
    } catch {
      console.warn("RKAT_OTLP_HEADERS has a header that cannot be sent: it is left out");
    }
  }
  return Object.fromEntries(headers);
}
