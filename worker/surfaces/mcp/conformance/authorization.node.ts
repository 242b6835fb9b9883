import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { convertV4MiniflareOptions, Miniflare, Response as Reply } from "miniflare";
import { Dance } from "../../oauth/test-dance.ts";
import { bundled, quiet, run, type Verdict } from "./suite.node.ts";

const entry = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..", "index.ts");

/** What opens the deployment that is served here. */
export const ADMIN_TOKEN = "an-admin-token-for-signing-in-0123456789";

/** Serves the Worker as it is deployed, closed; `outside` stands in for the rest of the world. */
export async function serveDeployment(
  outside: (url: string) => Reply = () => new Reply(null, { status: 404 }),
): Promise<{ url: string; stop: () => Promise<void> }> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      ...quiet,
      compatibilityFlags: [...quiet.compatibilityFlags],
      modules: [{ type: "ESModule", path: "worker.js", contents: await bundled(entry) }],
      bindings: { RKAT_DEFAULT_REALM: "default", RKAT_ADMIN_TOKEN: ADMIN_TOKEN },
      durableObjects: {
        SESSIONS: { className: "SessionObject", useSQLite: true },
        REALMS: { className: "RealmObject", useSQLite: true },
      },
      outboundService: ({ url }) => outside(url),
    }),
  );
  const { port } = await miniflare.ready;
  return { url: `http://127.0.0.1:${port}`, stop: () => miniflare.dispose() };
}

/** Runs the suite's scenarios for authorization servers, and opens the addresses that it asks for. */
export async function runAuthorizationSuite(url: string): Promise<Verdict> {
  const port = await freePort();
  const redirect = `http://127.0.0.1:${port}/callback`;
  const clientId = await new Dance(url, fetch).register({ redirect_uris: [redirect] });
  const opened = new Set<string>();
  const signIn = async (page: string) => {
    const dance = new Dance(url, fetch);
    const answer = await dance.consent(page, { token: ADMIN_TOKEN });
    await fetch(`${redirect}?${(await dance.sentOn(answer)).toString()}`);
  };
  const client = ["--client-id", clientId, "--resource", `${url}/mcp`, "--port", `${port}`];
  const revision = ["--spec-version", "2026-07-28"];
  return await run(["authorization", "--url", url, ...client, ...revision], (told) => {
    for (const [page] of told.matchAll(/http\S+\/oauth\/authorize\?\S+(?=\s)/g)) {
      if (!opened.has(page)) void signIn(page);
      opened.add(page);
    }
  });
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
