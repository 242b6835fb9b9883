import { type Access, AppError, type Scope } from "../sdk/contract/index.ts";

/** What a request may do, and whether in other realms than the one it is about. */
export interface Grant extends Access {
  reach: "deployment" | "realm";
}

const everything: readonly Scope[] = ["read", "run", "admin"];

/**
 * What a request may do. A deployed Worker is closed until `RKAT_ADMIN_TOKEN` is set; the embedded
 * server may be open, and then only under a loopback name, so that no web page can reach it by DNS rebinding.
 * @throws {AppError} `UNAUTHORIZED`
 */
export async function authenticate(
  request: Request,
  env: Env,
  redeem: (ticket: string) => Promise<Access>,
): Promise<Grant> {
  const ticket = ticketOf(request);
  // A ticket is a realm's, whoever it was issued to.
  if (ticket) return { ...(await redeem(ticket)), reach: "realm" };
  const { RKAT_ADMIN_TOKEN: secret, RKAT_OPEN_ACCESS: open } = env;
  if (!secret) {
    if (open === "loopback" && isLoopback(new URL(request.url).hostname)) {
      return { scopes: everything, actor: "open", reach: "deployment" };
    }
    const message = "This deployment has no access token yet: set the secret RKAT_ADMIN_TOKEN";
    throw new AppError("UNAUTHORIZED", message);
  }
  const [, token] = /^Bearer (.+)$/i.exec(request.headers.get("authorization") ?? "") ?? [];
  if (!token)
    throw new AppError("UNAUTHORIZED", "Send an access token: Authorization: Bearer <token>");
  if (!(await isSame(token, secret)))
    throw new AppError("UNAUTHORIZED", "The access token is not valid");
  return { scopes: everything, actor: "admin", reach: "deployment" };
}

/** A browser cannot set headers on a socket or an event stream, so its ticket comes as a subprotocol or in the query. */
function ticketOf(request: Request): string | undefined {
  const protocols = request.headers.get("sec-websocket-protocol") ?? "";
  const [, offered] = /(?:^|,)\s*ticket\.([\w-]+)/.exec(protocols) ?? [];
  return offered ?? new URL(request.url).searchParams.get("ticket") ?? undefined;
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** Compares digests, so that the time it takes tells nothing about the secret. */
async function isSame(a: string, b: string): Promise<boolean> {
  const [x, y] = await Promise.all([a, b].map((text) => digest(text)));
  return x !== undefined && y !== undefined && crypto.subtle.timingSafeEqual(x, y);
}

function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
