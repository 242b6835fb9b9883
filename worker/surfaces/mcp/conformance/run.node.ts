// `npm run conformance`: both sets and those for authorization servers, with the suite's own report.
import { runAuthorizationSuite, serveDeployment } from "./authorization.node.ts";
import { runSuite, serveFixture, type Verdict } from "./suite.node.ts";

const fixture = await serveFixture();
try {
  for (const requirements of ["2026-07-28", "2025-11-25"] as const) {
    tell(await runSuite(fixture.url, requirements));
  }
} finally {
  await fixture.stop();
}

const deployment = await serveDeployment();
try {
  tell(await runAuthorizationSuite(deployment.url));
} finally {
  await deployment.stop();
}

function tell({ exitCode, report }: Verdict): void {
  process.stdout.write(report);
  if (exitCode !== 0) process.exitCode = exitCode;
}
