import { readFileSync } from "node:fs";
import { refusedLicences } from "./licence-rules.node.ts";

// Run as `npm run licences`: reads the lockfile alone, so it needs no network and no installed packages.
const lockfile = new URL("../package-lock.json", import.meta.url);
const { packages } = JSON.parse(readFileSync(lockfile, "utf8")) as {
  packages: Record<string, { license?: string }>;
};
const refused = refusedLicences(packages);
for (const { name, licence } of refused) {
  console.error(`${name}: ${licence} is not on the list of supply-chain/licence-rules.node.ts`);
}
if (refused.length > 0) process.exitCode = 1;
else console.info(`Licences: ${Object.keys(packages).length - 1} packages, all on the list`);
