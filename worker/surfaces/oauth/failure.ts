import { type ErrorCode, toAppError } from "../../../sdk/contract/index.ts";

/** What clients know to do about: come again, register again, or sign in again. */
const words: Partial<Record<ErrorCode, { error: string; status: number }>> = {
  RATE_LIMITED: { error: "temporarily_unavailable", status: 429 },
  SERVICE_UNAVAILABLE: { error: "temporarily_unavailable", status: 503 },
  // Of a client's metadata: nothing else of a request gets as far as our own checks.
  INVALID_PARAMS: { error: "invalid_client", status: 401 },
  PAYLOAD_TOO_LARGE: { error: "invalid_request", status: 413 },
  INTERNAL_ERROR: { error: "server_error", status: 500 },
};

/** A failure of ours in the words of OAuth: by default the grant is no good. */
export function oauthFailure(cause: unknown): { error: string; status: number } {
  return words[toAppError(cause).code] ?? { error: "invalid_grant", status: 400 };
}
