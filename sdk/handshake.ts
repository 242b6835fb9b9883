import { type Capability, readCapabilities } from "./capabilities.ts";
import type { contractVersion as ContractVersion } from "./contract/host.ts";
import { invalidResponse, MeerkatError } from "./errors.ts";
import type { Link } from "./link.ts";

/** The contract that this SDK is written to; its type is the deployment's own, so the two cannot part. */
const contract: Record<"major" | "minor" | "patch", number> = {
  major: 0,
  minor: 8,
  patch: 26,
} satisfies typeof ContractVersion;

/**
 * Makes sure that the deployment speaks our contract.
 * @throws {MeerkatError} `VERSION_MISMATCH`, `INVALID_RESPONSE`, `UNAUTHORIZED` or `CONNECTION_CLOSED`.
 */
export async function shakeHands(link: Link, signal?: AbortSignal): Promise<void> {
  const { contract_version: theirs } = await link.call("initialize", {}, signal);
  if (typeof theirs !== "string") throw invalidResponse("The deployment names no contract version");
  if (!isCompatible(theirs)) {
    const ours = Object.values(contract).join(".");
    const message = `The deployment speaks contract ${theirs}, this SDK ${ours}`;
    throw new MeerkatError("VERSION_MISMATCH", message, { details: { theirs, ours } });
  }
}

/** Asks what the deployment can do. @throws {MeerkatError} `INVALID_RESPONSE` or `CONNECTION_CLOSED`. */
export async function askCapabilities(link: Link, signal?: AbortSignal): Promise<Capability[]> {
  return readCapabilities(await link.call("capabilities/get", {}, signal));
}

/** Before version 1, minor versions differ in what they mean. */
function isCompatible(version: string): boolean {
  const [major, minor] = version.split(".").map(Number);
  return major === contract.major && (contract.major > 0 || minor === contract.minor);
}
