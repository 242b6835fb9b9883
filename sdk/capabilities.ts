import type { Capabilities } from "./contract/index.ts";
import { CapabilityUnavailableError, invalidResponse } from "./errors.ts";
import { isRecord } from "./json.ts";

/** Something that a deployment can do or, by its `status`, cannot. */
export interface Capability {
  id: string;
  description: string;
  /** "Available", or why not. */
  status: string;
}

/** Shows what `capabilities/get` answered, with a status that can be compared. */
export function readCapabilities(wire: Record<string, unknown>): Capability[] {
  if (!Array.isArray(wire.capabilities)) {
    throw invalidResponse("The deployment names no capabilities", { details: wire });
  }
  // The operation's output in the contract, which the deployment's tests hold it to.
  const { capabilities } = wire as Pick<Capabilities, "capabilities">;
  return capabilities.map(({ id, description, status }) => ({
    id,
    description,
    status: isRecord(status) ? String(Object.keys(status)[0]) : status,
  }));
}

/** Whether the deployment can do it. */
export function isAvailable(capabilities: readonly Capability[], id: string): boolean {
  return capabilities.some((one) => one.id === id && one.status === "Available");
}

/** @throws {CapabilityUnavailableError} when the deployment cannot do it, saying why. */
export function requireAvailable(capabilities: readonly Capability[], id: string): void {
  if (isAvailable(capabilities, id)) return;
  const status = capabilities.find((one) => one.id === id)?.status ?? "Unknown";
  const message = `The deployment lacks the capability "${id}" (${status})`;
  const capabilityHint = { capabilityId: id, message };
  throw new CapabilityUnavailableError("CAPABILITY_UNAVAILABLE", message, { capabilityHint });
}
