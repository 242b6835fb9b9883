import { isRecord } from "../../sdk/json.ts";
import type { ContractVersion } from "./contract-version.ts";
import type { Outcome } from "./json-rpc.ts";

/** An answer as the official SDKs of one line understand it. */
export function answerForOfficialSdks(
  method: string,
  outcome: Outcome,
  version: ContractVersion,
): Outcome {
  if (method === "skills/list" && isUnknownMethod(outcome)) return { result: { skills: [] } };
  if (!("result" in outcome) || !isRecord(outcome.result)) return outcome;
  const { result } = outcome;
  switch (method) {
    case "initialize": {
      const contract_version = `${version.major}.${version.minor}.${version.patch}`;
      return { result: { ...result, contract_version } };
    }
    case "capabilities/get":
    case "models/catalog":
      return { result: { ...result, contract_version: version } };
    default:
      return outcome;
  }
}

/** A deployment without skills need not know the method; the SDKs expect a list all the same. */
function isUnknownMethod(outcome: Outcome): boolean {
  return "error" in outcome && outcome.error.code === -32601;
}
