import { MeerkatError } from "meerkat-edge";

/** Codes with which a prompt is refused before its turn begins. */
const refusals: ReadonlySet<string> = new Set([
  "CONNECTION_CLOSED",
  "CONFLICT",
  "INVALID_PARAMS",
  "PAYLOAD_TOO_LARGE",
  "RATE_LIMITED",
  "SCOPE_DENIED",
  "SESSION_BUSY",
  "SESSION_NOT_FOUND",
  "UNAUTHORIZED",
]);

/** Whether a prompt was refused, rather than its turn having failed. */
export function refusesTurn(error: unknown): boolean {
  return !(error instanceof MeerkatError) || refusals.has(error.code);
}
