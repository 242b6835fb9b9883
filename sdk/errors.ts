import type { ErrorCode } from "./contract/errors.ts";
import { isRecord } from "./json.ts";

/** Failures that the SDK finds by itself, without asking the deployment (contract 11.1). */
type LocalErrorCode =
  | "INVALID_ARGS"
  | "VERSION_MISMATCH"
  | "CLIENT_CLOSED"
  | "NOT_CONNECTED"
  | "INVALID_STATE"
  | "STREAM_NOT_CONSUMED"
  | "INVALID_RESPONSE"
  | "CONNECTION_CLOSED";

/** What `MeerkatError.code` can be; a newer deployment may send codes that this SDK does not know. */
export type MeerkatErrorCode = ErrorCode | LocalErrorCode | (string & {});

/** Which capability would make the call possible, and how to get it. */
export interface CapabilityHint {
  capabilityId: string;
  message: string;
}

/** What an error can carry beside its code and its sentence. */
export interface ErrorFacts {
  /** Facts as the deployment sent them, in snake_case. */
  details?: unknown;
  capabilityHint?: CapabilityHint | undefined;
  cause?: unknown;
}

/** Every failure that this SDK raises; branch on `code`, show `message`. */
export class MeerkatError extends Error {
  override name = "MeerkatError";
  readonly code: MeerkatErrorCode;
  readonly details: unknown;
  readonly capabilityHint: CapabilityHint | undefined;

  constructor(code: MeerkatErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, "cause" in facts ? { cause: facts.cause } : undefined);
    this.code = code;
    this.details = facts.details;
    this.capabilityHint = facts.capabilityHint;
  }
}

/** Tells that the deployment lacks, or switched off, what was asked for. */
export class CapabilityUnavailableError extends MeerkatError {
  override name = "CapabilityUnavailableError";
}

/** Tells that the realm has no such session, or that it is archived. */
export class SessionNotFoundError extends MeerkatError {
  override name = "SessionNotFoundError";
}

/** Tells that a skill named by the call does not exist. */
export class SkillNotFoundError extends MeerkatError {
  override name = "SkillNotFoundError";
}

const classes: Readonly<Record<string, typeof MeerkatError>> = {
  CAPABILITY_UNAVAILABLE: CapabilityUnavailableError,
  SESSION_NOT_FOUND: SessionNotFoundError,
  SKILL_NOT_FOUND: SkillNotFoundError,
};

/** Makes the error class that callers catch for a code. */
export function meerkatError(code: string, message: string, facts?: ErrorFacts): MeerkatError {
  return new (classes[code] ?? MeerkatError)(code, message, facts);
}

/** Reads the `error` member of a JSON-RPC answer; without `data.code` the number stands in as the code. */
export function errorFromWire(error: Record<string, unknown>): MeerkatError {
  const data = isRecord(error.data) ? error.data : {};
  const code = textOf(data.code) ?? textOf(error.code) ?? "INVALID_RESPONSE";
  const message = textOf(data.message) ?? textOf(error.message) ?? code;
  return meerkatError(code, message, {
    details: data.details ?? data.reason ?? error.data,
    capabilityHint: capabilityHint(data.capability_hint),
  });
}

/** The failure that retrying may cure: the deployment was not reached, or its answer was lost. */
export function connectionClosed(message: string, facts?: ErrorFacts): MeerkatError {
  return new MeerkatError("CONNECTION_CLOSED", message, facts);
}

/** Tells failures of the connection from answers of the deployment. */
export function isConnectionClosed(error: unknown): boolean {
  return error instanceof MeerkatError && error.code === "CONNECTION_CLOSED";
}

/** The failure of a deployment that does not speak the contract. */
export function invalidResponse(message: string, facts?: ErrorFacts): MeerkatError {
  return new MeerkatError("INVALID_RESPONSE", message, facts);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

function capabilityHint(hint: unknown): CapabilityHint | undefined {
  if (!isRecord(hint)) return undefined;
  return { capabilityId: String(hint.capability_id), message: String(hint.message) };
}
