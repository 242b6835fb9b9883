import { type Handler, Hono } from "hono";
import { toAppError } from "../../../sdk/contract/index.ts";
import type { AppEnv } from "../../app-env.ts";
import { EdgeLimit } from "../../edge-limit.ts";
import { oauthFailure } from "./failure.ts";
import { offersOAuth, paths, RESOURCE_METADATA, SERVER_METADATA } from "./resource.ts";
import type * as endpoints from "./endpoints.ts";

/** Signing in MCP clients by OAuth 2.1: discovery, registration, the consent page and the token endpoint. */
export const oauth = new Hono<AppEnv>()
  .get(`${RESOURCE_METADATA}/mcp`, offered("resourceMetadata"))
  .get(`${RESOURCE_METADATA}/realms/:realm/mcp`, offered("resourceMetadata"))
  .get(SERVER_METADATA, offered("serverMetadata"))
  .all(paths.register, offered("register"))
  .all(paths.token, offered("tokenEndpoint"))
  .get(paths.authorize, offered("askConsent"))
  .post(paths.authorize, offered("takeConsent"));

/** Clients look for all of it at the top of the origin: an app that is mounted elsewhere has none of it. */
const atTop = /^\/(?:oauth|\.well-known)\//;

/**
 * Where nobody can sign in, these are addresses like any unknown one. What answers is loaded when somebody
 * does: the library speaks up when it is loaded, of a feature that is ours, and a start is to be quiet.
 */
function offered(endpoint: keyof typeof endpoints): Handler<AppEnv> {
  return async (c, next) => {
    const url = new URL(c.req.url);
    if (!atTop.test(url.pathname) || !offersOAuth(c.env, url)) return await next();
    try {
      await new EdgeLimit(c.env, c.req.raw).oauth();
      const { [endpoint]: answer } = await import("./endpoints.ts");
      return await answer(c);
    } catch (cause) {
      return failed(cause);
    }
  };
}

function failed(cause: unknown): Response {
  const { message, details } = toAppError(cause);
  const { error, status } = oauthFailure(cause);
  if (error === "server_error") console.error(cause);
  const wait = details?.retry_after_secs;
  const headers: HeadersInit = typeof wait === "number" ? { "retry-after": String(wait) } : {};
  return Response.json({ error, error_description: message }, { status, headers });
}
