/** Advisories that we have looked at and live with, by their address's last part, and why. */
const accepted: ReadonlyMap<string, string> = new Map();

/** What the registry said of our packages, or that it said nothing. */
export type Audit =
  | { outcome: "clean" | "vulnerable"; findings: string[] }
  | { outcome: "not asked"; reason: string };

/**
 * Reads `npm audit --json`. Only a report counts as an answer: a registry that is out of reach, or
 * has no advisories, must look neither clean nor vulnerable. There is no text at all where npm
 * could not be started.
 */
export function readAudit(
  output: string | null,
  agreed: ReadonlyMap<string, string> = accepted,
): Audit {
  const report = parsed(output ?? "");
  if (!isObject(report) || !isObject(report["vulnerabilities"])) {
    const message = isObject(report) ? report["message"] : undefined;
    const reason = typeof message === "string" ? message : "the answer is no report";
    return { outcome: "not asked", reason };
  }
  const advisories = Object.values(report["vulnerabilities"]).flatMap((entry) =>
    isObject(entry) && Array.isArray(entry["via"]) ? entry["via"].filter(isObject) : [],
  );
  const findings = advisories
    .filter(({ url }) => !agreed.has(String(url).split("/").at(-1) ?? ""))
    .map(({ name, severity, title, url }) =>
      [name, severity, title, url].map((each) => String(each)).join(" | "),
    );
  const unique = [...new Set(findings)];
  return { outcome: unique.length > 0 ? "vulnerable" : "clean", findings: unique };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
