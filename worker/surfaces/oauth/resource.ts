import { RealmId, type Scope } from "../../../sdk/contract/index.ts";
import { isLoopback } from "../../auth.ts";

/** Where the metadata of a protected resource lies, in front of the resource's own path (RFC 9728). */
export const RESOURCE_METADATA = "/.well-known/oauth-protected-resource";

/** Where the authorization server's lies (RFC 8414): it has no path. */
export const SERVER_METADATA = "/.well-known/oauth-authorization-server";

/** Where the dance takes place. */
export const paths = {
  authorize: "/oauth/authorize",
  token: "/oauth/token",
  register: "/oauth/register",
} as const;

/** What a client needs for anything at all, and asks for first. */
export const baseline: readonly Scope[] = ["read", "run"];

/**
 * Whether clients may sign in here. The admin token must be set, as for everything; and OAuth demands
 * https, but on one's own machine.
 */
export function offersOAuth(env: Env, { protocol, hostname }: URL): boolean {
  return Boolean(env.RKAT_ADMIN_TOKEN) && (protocol === "https:" || isLoopback(hostname));
}

/** The address of MCP in a realm, or in whichever realm a token is of. */
export function resourceOf(origin: string, realm: string | undefined): string {
  return `${origin}${realm === undefined ? "" : `/realms/${realm}`}/mcp`;
}

/** The realm that such an address names, if it names one. */
export function realmIn(resource: string | undefined): string | undefined {
  const path = resource === undefined ? undefined : URL.parse(resource)?.pathname;
  const [, realm] = /^\/realms\/([^/]+)\/mcp\/?$/.exec(path ?? "") ?? [];
  return RealmId.safeParse(realm).data;
}

/** Where the metadata of the resource at an address lies. */
export function metadataOf({ origin, pathname }: URL): string {
  return origin + RESOURCE_METADATA + pathname;
}

/**
 * What a request without a valid credential is told: for MCP, where to get one (RFC 9728). That the
 * token is bad is said only to who sent one, for others are to sign in without alarm.
 */
export function challenge(request: Request, env: Env): string {
  const url = new URL(request.url);
  if (!/^(?:\/realms\/[^/"]+)?\/mcp$/.test(url.pathname) || !offersOAuth(env, url)) return "Bearer";
  const metadata = `resource_metadata="${metadataOf(url)}"`;
  const failed = request.headers.has("authorization") ? 'error="invalid_token", ' : "";
  return `Bearer ${failed}${metadata}, scope="${baseline.join(" ")}"`;
}
