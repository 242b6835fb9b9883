import { type Context, type Handler, Hono } from "hono";
import { toAppError } from "../../../sdk/contract/index.ts";
import type { AppEnv } from "../../app-env.ts";
import { EdgeLimit } from "../../edge-limit.ts";
import { authorizationServer, paths } from "./authorization-server.ts";
import { askConsent, takeConsent } from "./consent.ts";
import { resourceMetadata, serverMetadata } from "./discovery.ts";
import { oauthFailure } from "./failure.ts";
import { offersOAuth, RESOURCE_METADATA, SERVER_METADATA } from "./resource.ts";
import { smallBody } from "./small-body.ts";
import { again, tokenEndpoint } from "./token-endpoint.ts";

/** Signing in MCP clients by OAuth 2.1: discovery, registration, the consent page and the token endpoint. */
export const oauth = new Hono<AppEnv>()
  .get(`${RESOURCE_METADATA}/mcp`, offered(resourceMetadata))
  .get(`${RESOURCE_METADATA}/realms/:realm/mcp`, offered(resourceMetadata))
  .get(SERVER_METADATA, offered(serverMetadata))
  .all(paths.register, offered(register))
  .all(paths.token, offered(tokenEndpoint))
  .get(paths.authorize, offered(askConsent))
  .post(paths.authorize, offered(takeConsent));

/** Clients look for all of it at the top of the origin: an app that is mounted elsewhere has none of it. */
const atTop = /^\/(?:oauth|\.well-known)\//;

/** Where nobody can sign in, these are addresses like any unknown one. */
function offered(handler: (c: Context<AppEnv>) => Response | Promise<Response>): Handler<AppEnv> {
  return async (c, next) => {
    const url = new URL(c.req.url);
    if (!atTop.test(url.pathname) || !offersOAuth(c.env, url)) return await next();
    try {
      await new EdgeLimit(c.env, c.req.raw).oauth();
      return await handler(c);
    } catch (cause) {
      return failed(cause);
    }
  };
}

async function register(c: Context<AppEnv>): Promise<Response> {
  const { origin } = new URL(c.req.url);
  const { answer } = authorizationServer({ env: c.env, origin, realm: undefined });
  return await answer(again(c, await smallBody(c)));
}

function failed(cause: unknown): Response {
  const { message, details } = toAppError(cause);
  const { error, status } = oauthFailure(cause);
  if (error === "server_error") console.error(cause);
  const wait = details?.retry_after_secs;
  const headers: HeadersInit = typeof wait === "number" ? { "retry-after": String(wait) } : {};
  return Response.json({ error, error_description: message }, { status, headers });
}
