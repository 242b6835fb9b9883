import { AppError, type Scope } from "../sdk/contract/index.ts";
import { digestOf, isAccessToken, isSameText } from "./access-token.ts";
import type { Grant } from "./grant.ts";
import { isJwt, jwtGrant } from "./operator-jwt.ts";
import { realmOf } from "./session-address.ts";
import { stillStands, tokenGrant } from "./token-grants.ts";

const everything: readonly Scope[] = ["read", "run", "admin"];

/**
 * What a request for the realm `asked` may do. A deployed Worker is closed until `RKAT_ADMIN_TOKEN` is
 * set; the embedded server may be open, and then only under a loopback name, so that no web page can
 * reach it by DNS rebinding. Nothing here asks a session's object, and `beforeTicket` comes before a
 * realm's is asked for a stranger's ticket.
 * @throws {AppError} `UNAUTHORIZED`, or `SCOPE_DENIED` for a realm that is not the credential's
 */
export async function authenticate(
  request: Request,
  env: Env,
  asked: string | undefined,
  beforeTicket: () => Promise<void>,
): Promise<Grant> {
  const origin = request.headers.get("origin");
  const ticket = ticketOf(request);
  if (ticket) {
    await beforeTicket();
    return ticketGrant(ticket, env, asked, origin);
  }
  const [, bearer] = /^Bearer (.+)$/i.exec(request.headers.get("authorization") ?? "") ?? [];
  // Cloudflare Access sets it for those whom it let through; it is verified like any other.
  const token = bearer ?? request.headers.get("cf-access-jwt-assertion") ?? undefined;
  if (token && isAccessToken(token)) {
    const grant = await tokenGrant(token, env, asked, origin);
    if (grant.client === undefined || isMcp(request)) return grant;
    throw new AppError("SCOPE_DENIED", "This token was granted to a client for MCP only");
  }
  if (token && isJwt(token, env)) return jwtGrant(token, env, asked);
  const { RKAT_ADMIN_TOKEN: secret, RKAT_OPEN_ACCESS: open } = env;
  if (!secret) {
    if (open === "loopback" && isLoopback(new URL(request.url).hostname)) {
      return { scopes: everything, actor: "open", reach: "deployment" };
    }
    const message = "This deployment has no access token yet: set the secret RKAT_ADMIN_TOKEN";
    throw new AppError("UNAUTHORIZED", message);
  }
  if (!token)
    throw new AppError("UNAUTHORIZED", "Send an access token: Authorization: Bearer <token>");
  // Digests, so that the time it takes tells nothing about the secret.
  if (!isSameText(await digestOf(token), await digestOf(secret)))
    throw new AppError("UNAUTHORIZED", "The access token is not valid");
  return { scopes: everything, actor: "admin", reach: "deployment" };
}

/** A ticket is a realm's, whoever it was issued to; it names the realm in front of a dot. */
async function ticketGrant(
  ticket: string,
  env: Env,
  asked: string | undefined,
  origin: string | null,
): Promise<Grant> {
  const [, realm] = /^([A-Za-z0-9][\w-]{0,63})\.[\w-]{72}$/.exec(ticket) ?? [];
  if (realm === undefined || (asked !== undefined && asked !== realm)) {
    throw new AppError("UNAUTHORIZED", "The ticket is not valid");
  }
  const access = await realmOf({ env, realm }).tickets.redeem(ticket, origin);
  if (await stillStands({ env, realm, ...access })) return { ...access, realm, reach: "realm" };
  throw new AppError("UNAUTHORIZED", "The access that the ticket was traded for has ended");
}

/** A browser cannot set headers on a socket or an event stream, so its ticket comes as a subprotocol or in the query. */
function ticketOf(request: Request): string | undefined {
  const protocols = request.headers.get("sec-websocket-protocol") ?? "";
  const [, offered] = /(?:^|,)\s*ticket\.([\w.-]+)/.exec(protocols) ?? [];
  return offered ?? new URL(request.url).searchParams.get("ticket") ?? undefined;
}

/** The resource that clients are granted tokens for. */
function isMcp(request: Request): boolean {
  return /^(?:\/realms\/[^/]+)?\/mcp$/.test(new URL(request.url).pathname);
}

/** Whether a name can only mean the machine that one is on. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
