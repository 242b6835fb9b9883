import { MeerkatError, type MeerkatErrorCode } from "../sdk/errors.ts";

const nextSteps: Partial<Record<MeerkatErrorCode, string>> = {
  UNAUTHORIZED: "Log in with `rkat login <url>`, or set RKAT_TOKEN.",
  SCOPE_DENIED: "Ask for a token that may do this; `rkat doctor` tells which login is used.",
  SESSION_BUSY:
    "Follow its turn with `rkat watch <session>`, or cancel it with `rkat sessions interrupt <session>`.",
  SESSION_NOT_FOUND: "`rkat sessions list` shows the sessions of this realm.",
  REALM_NOT_FOUND: "`rkat realms list` shows the realms.",
  VERSION_MISMATCH: "Update the older of the two; `rkat --version` tells what this one is.",
  NOT_CONNECTED:
    "`rkat serve` starts one on this machine; `rkat doctor` tells where commands look for one.",
  CONNECTION_CLOSED: "`rkat doctor` tells what can be reached.",
};

/** What somebody who sees an error can do about it, where the error's own words do not say. */
export function nextStep(error: unknown): string | undefined {
  if (!(error instanceof MeerkatError)) return undefined;
  return keyHint(error) ?? allowedHint(error) ?? nextSteps[error.code];
}

/** What the deployment would take instead, where it says so and the sentence does not. */
function allowedHint({ message, details }: MeerkatError): string | undefined {
  if (typeof details !== "object" || details === null || !("allowed" in details)) return undefined;
  const { allowed } = details;
  const told = Array.isArray(allowed) ? allowed.join(", ") : allowed;
  if (typeof told !== "string" || told === "" || message.includes(told)) return undefined;
  return `Allowed: ${told}`;
}

/** What to do about a provider without a key. */
function keyHint({ code, details }: MeerkatError): string | undefined {
  if (code !== "PROVIDER_ERROR" || typeof details !== "object" || details === null)
    return undefined;
  if (!("set_one_of" in details) || !Array.isArray(details.set_one_of)) return undefined;
  if (!("provider" in details)) return undefined;
  const variables = details.set_one_of.join(" or ");
  return `Set ${variables} where the server runs, or give this realm a key: rkat auth set ${String(details.provider)}`;
}
