import { MeerkatError } from "meerkat-edge";

/** A value that a key does not take. */
export interface KeyProblem {
  /** Its path, such as `retry.max_retries`. */
  key: string;
  problem: string;
}

/** Whether a write came too late: somebody else wrote meanwhile. */
export function isConflict(error: unknown): boolean {
  return detailsOf(error)["type"] === "generation_conflict";
}

/** The keys that the deployment did not take; none where it refused for another reason. */
export function problemsOfKeys(error: unknown): readonly KeyProblem[] {
  const { issues, key, keys } = detailsOf(error);
  if (Array.isArray(issues)) return issues.filter(isKeyProblem);
  const names: unknown[] = Array.isArray(keys) ? keys : [key];
  const problem = error instanceof Error ? error.message : "";
  return names.filter((name) => typeof name === "string").map((name) => ({ key: name, problem }));
}

function detailsOf(error: unknown): Record<string, unknown> {
  const details = error instanceof MeerkatError ? error.details : undefined;
  return typeof details === "object" && details !== null ? { ...details } : {};
}

function isKeyProblem(issue: unknown): issue is KeyProblem {
  return (
    typeof issue === "object" &&
    issue !== null &&
    "key" in issue &&
    typeof issue.key === "string" &&
    "problem" in issue &&
    typeof issue.problem === "string"
  );
}
