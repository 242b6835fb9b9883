import { MeerkatError } from "meerkat-edge";

const known: Readonly<Record<string, string>> = {
  UNAUTHORIZED: "This token is not accepted. It may be mistyped, expired or revoked.",
  SESSION_NOT_FOUND:
    "There is no such session here. It may belong to another realm, or the address is incomplete.",
  CONNECTION_CLOSED: "The deployment cannot be reached. Check your connection and try again.",
  RATE_LIMITED: "Too many requests for now. Wait a moment and try again.",
  VERSION_MISMATCH: "This page is of another version than the deployment. Reload it.",
};

/** Says what went wrong to somebody who does not know the API's codes. */
export function plainWords(error: unknown): string {
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return "The deployment did not answer in time. Check your connection and try again.";
  }
  if (error instanceof MeerkatError) return known[error.code] ?? error.message;
  return error instanceof Error ? error.message : String(error);
}
