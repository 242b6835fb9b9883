// `npm run conformance`: both sets, with the suite's own report.
import { runSuite, serveFixture } from "./suite.node.ts";

const { url, stop } = await serveFixture();
try {
  for (const requirements of ["2026-07-28", "2025-11-25"] as const) {
    const { exitCode, report } = await runSuite(url, requirements);
    process.stdout.write(report);
    if (exitCode !== 0) process.exitCode = exitCode;
  }
} finally {
  await stop();
}
