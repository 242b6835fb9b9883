import type { ProviderErrorKind } from "./provider.ts";

/** What a failed call says about itself, whichever SDK or wire it came through. */
export interface VendorFailure {
  status: number | undefined;
  /** The vendor's own names for it: `overloaded_error`, `insufficient_quota`, `UNAVAILABLE`. */
  names: readonly string[];
  message: string;
  retryAfterMs: number | undefined;
}

/** Reads an SDK's error object (they agree on the field names, not on the classes). */
export function readFailure(error: object): VendorFailure {
  const body = object(field(error, "error"));
  const inner = object(field(body, "error")) ?? body;
  const code = field(error, "code") ?? field(inner, "code");
  const status = number(field(error, "status")) ?? number(code);
  return {
    status,
    names: [...new Set([field(error, "type"), field(inner, "type"), code])].filter(isString),
    message: text(field(inner, "message")) ?? plain(text(field(error, "message")) ?? "", status),
    retryAfterMs: retryAfterMs(field(error, "headers")),
  };
}

/** The vendor's wish for the next try, from its response headers. */
export function retryAfterMs(headers: unknown): number | undefined {
  if (!(headers instanceof Headers)) return undefined;
  const exact = wait(headers.get("retry-after-ms"), 1);
  if (exact !== undefined) return exact;
  const value = headers.get("retry-after");
  const seconds = wait(value, 1000);
  if (seconds !== undefined || value === null) return seconds;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

/** The keys that a request's headers carry, so that they can be taken out of what its answer says. */
export function credentialsIn(headers: HeadersInit | undefined): string[] {
  const sent = new Headers(headers);
  const values = credentialHeaders.map((name) => sent.get(name)?.replace(/^bearer\s+/i, "") ?? "");
  // Shorter ones are words, such as the `none` of a server without a key.
  return values.filter((value) => value.length >= 6);
}

const credentialHeaders = ["authorization", "x-api-key", "x-goog-api-key", "api-key"];

/** A vendor's sentence made fit for strangers: one line, short, nothing in it that opens a door. */
export function safeMessage(message: string): string {
  const masked = secrets.reduce(
    (masking, pattern) => masking.replace(pattern, "[hidden]"),
    message.slice(0, 4000),
  );
  return masked.replace(/\s+/g, " ").trim().slice(0, 500);
}

const secrets: readonly RegExp[] = [
  /\bbearer\s+[^\s"',]+/gi,
  /\b(?:sk|pk|rk|gsk|xai|key|cfut|cfat)[-_][\w*.-]{6,}/gi,
  /\bAIza[\w*-]{8,}/g,
  /\b(?:AQ|ya29)\.[\w*.-]{8,}/g,
  /\b(?:x-api-key|x-goog-api-key|authorization|api[-_]?key|access[-_]?token)["']?\s*[:=]\s*["']?[^\s"',]+/gi,
  // No vendor's prefix, but too long and too random to be a word or a model's name.
  /\b(?=\w*\d)(?=\w*[a-z])\w{32,}/gi,
];

function wait(value: string | null, unitMs: number): number | undefined {
  const amount = value === null || value.trim() === "" ? Number.NaN : Number(value);
  return Number.isFinite(amount) ? Math.max(0, Math.round(amount * unitMs)) : undefined;
}

/** SDKs put the status before the text; a proxy's HTML page is no message at all. */
function plain(message: string, status: number | undefined): string {
  const rest = message.replace(`${status} `, "").trim();
  if (rest.startsWith("<")) return "";
  return rest.endsWith("(no body)") ? "" : rest;
}

function field(source: unknown, key: string): unknown {
  // The guard makes it an object; which fields it has is what we are asking.
  return object(source) && (source as Record<string, unknown>)[key];
}

function object(value: unknown): object | undefined {
  return typeof value === "object" && value !== null ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function text(value: unknown): string | undefined {
  return isString(value) && value !== "" ? value : undefined;
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}

/** What an HTTP status means for whoever waits for the answer; vendors tell a prompt that is too long by words only. */
export function kindOfStatus(status: number, message: string): ProviderErrorKind {
  const kind = statusKinds[status] ?? (status >= 500 ? "server_error" : "invalid_request");
  return kind === "invalid_request" && tooLong.test(message) ? "context_too_long" : kind;
}

/** Anthropic; OpenAI and servers that speak its protocol; Gemini. */
const tooLong =
  /context_length_exceeded|prompt is too long|exceeds? (?:the )?(?:available )?context|maximum context length|input token count/i;

/** What a vendor's own name for an error means; errors inside a stream have no status, for the 200 is out. */
export function kindOfName(name: string): ProviderErrorKind | undefined {
  return nameKinds.get(name);
}

const statusKinds: Readonly<Record<number, ProviderErrorKind>> = {
  401: "auth",
  403: "auth",
  404: "not_found",
  408: "server_error",
  409: "server_error",
  413: "context_too_long",
  429: "rate_limited",
  503: "overloaded",
  529: "overloaded",
};

const nameKinds: ReadonlyMap<string, ProviderErrorKind> = new Map([
  ["authentication_error", "auth"],
  ["permission_error", "auth"],
  ["invalid_api_key", "auth"],
  ["invalid_request_error", "invalid_request"],
  ["billing_error", "invalid_request"],
  ["request_too_large", "context_too_long"],
  ["context_length_exceeded", "context_too_long"],
  ["not_found_error", "not_found"],
  ["model_not_found", "not_found"],
  ["rate_limit_error", "rate_limited"],
  ["rate_limit_exceeded", "rate_limited"],
  ["insufficient_quota", "rate_limited"],
  ["overloaded_error", "overloaded"],
]);
