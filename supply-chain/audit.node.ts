import { spawnSync } from "node:child_process";
import { readAudit } from "./audit-report.node.ts";

// Run as `npm run audit`. Exit codes: 0 clean, 1 vulnerable, 3 the registry could not be asked.
const { stdout } = spawnSync("npm", ["audit", "--json"], {
  encoding: "utf8",
  timeout: 60_000,
  maxBuffer: 64 * 1024 * 1024,
});
const audit = readAudit(stdout);
if (audit.outcome === "not asked") {
  console.warn(`Audit: the registry could not be asked (${audit.reason}). This says nothing.`);
  process.exitCode = 3;
} else {
  for (const finding of audit.findings) console.error(finding);
  console.info(`Audit: ${audit.outcome}`);
  if (audit.outcome === "vulnerable") process.exitCode = 1;
}
