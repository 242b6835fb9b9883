import type { Context } from "hono";
import { Scope } from "../../../sdk/contract/index.ts";
import type { AppEnv } from "../../app-env.ts";
import { authorizationServer } from "./authorization-server.ts";
import { baseline, realmIn, resourceOf, SERVER_METADATA } from "./resource.ts";

/** What MCP is, as a protected resource (RFC 9728): at its own address only. Whether the realm exists is not told. */
export function resourceMetadata(c: Context<AppEnv>): Response | Promise<Response> {
  const { origin } = new URL(c.req.url);
  const named = c.req.param("realm");
  const realm = named === undefined ? undefined : realmIn(resourceOf(origin, named));
  if (realm !== named) return c.notFound();
  return c.json({
    resource: resourceOf(origin, realm),
    authorization_servers: [origin],
    scopes_supported: baseline,
    bearer_methods_supported: ["header"],
    resource_name: realm === undefined ? "Meerkat Edge" : `Meerkat Edge, realm ${realm}`,
  });
}

/** What the authorization server can do (RFC 8414): the library's words, and what is ours. */
export async function serverMetadata(c: Context<AppEnv>): Promise<Response> {
  const { origin } = new URL(c.req.url);
  const { answer } = authorizationServer({ env: c.env, origin, realm: undefined });
  const response = await answer(new Request(origin + SERVER_METADATA));
  // One of the resources: every realm is another, and they are not for everybody to know.
  const { protected_resources: _, ...told } = await response.json<Record<string, unknown>>();
  return c.json({
    ...told,
    scopes_supported: Scope.options,
    // Ours: see `ClientDocuments`.
    client_id_metadata_document_supported: true,
  });
}
