import type { Context } from "hono";
import type { AppEnv } from "../../app-env.ts";
import { authorizationServer } from "./authorization-server.ts";
import { smallBody } from "./small-body.ts";
import { again } from "./token-endpoint.ts";

/** Registers a client that comes for the first time (RFC 7591), by the library. */
export async function register(c: Context<AppEnv>): Promise<Response> {
  const { origin } = new URL(c.req.url);
  const { answer } = authorizationServer({ env: c.env, origin, realm: undefined });
  return await answer(again(c, await smallBody(c)));
}
