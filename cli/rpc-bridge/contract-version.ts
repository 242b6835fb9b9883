import { contractVersion as newest } from "../../sdk/contract/host.ts";
import { UsageError } from "../usage-error.ts";

/** The line of the contract that an SDK must hear of before it talks to us. */
export interface ContractVersion {
  major: number;
  minor: number;
  patch: number;
}

/** Clients never tell their version, and each 0.x line refuses the others: the environment says which. */
export function contractVersion(text = process.env["RKAT_CONTRACT_VERSION"]): ContractVersion {
  if (!text) return newest;
  const [, major, minor, patch = "0"] = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?:[-+].*)?$/.exec(text) ?? [];
  if (major === undefined || minor === undefined) {
    throw new UsageError(`RKAT_CONTRACT_VERSION wants a version such as 0.8, not '${text}'`);
  }
  return { major: Number(major), minor: Number(minor), patch: Number(patch) };
}
