import type { Context } from "hono";
import { RealmId } from "../../../sdk/contract/index.ts";
import { digestOf, isAccessToken, readAccessToken } from "../../access-token.ts";
import type { AppEnv } from "../../app-env.ts";
import { entered } from "../../audit-trail.ts";
import { realmOf } from "../../session-address.ts";
import { authorizationServer } from "./authorization-server.ts";
import { Exchange } from "./exchange.ts";
import { smallBody } from "./small-body.ts";

/** Trades codes and refresh tokens for access tokens, and takes either back (RFC 7009). */
export async function tokenEndpoint(c: Context<AppEnv>): Promise<Response> {
  const { env } = c;
  const body = await smallBody(c);
  const form = new URLSearchParams(body);
  const refreshToken = form.get("refresh_token") ?? undefined;
  const { realm, recordId } = grantIn(form.get("code") ?? refreshToken ?? form.get("token") ?? "");
  const ip = c.req.header("cf-connecting-ip") ?? null;
  const exchange = new Exchange({ env, ip, refreshToken });
  let isReplay = false;
  const onRefusal = (reason: string) => {
    isReplay = reason === "refresh_token_mismatch";
    console.info("oauth: refused", reason);
  };
  const { origin } = new URL(c.req.url);
  const dance = { env, origin, realm, exchange: exchange.run, onRefusal };
  const response = await authorizationServer(dance).answer(again(c, body));
  if (isReplay && realm && recordId && refreshToken !== undefined) {
    await endReplayed({ env, realm, ip }, recordId, refreshToken);
  }
  if (response.ok && !form.has("grant_type")) await dropAccessToken(c, form);
  return exchange.minted === undefined ? response : withToken(response, exchange.minted);
}

/** A request whose body was read. */
export function again({ req }: Context<AppEnv>, body: string): Request {
  const { method, url, raw } = req;
  return new Request(url, { method, headers: raw.headers, ...(method === "POST" ? { body } : {}) });
}

/** The library's codes and refresh tokens: whose, of which grant, and a secret. */
function grantIn(credential: string): {
  realm?: string | undefined;
  recordId?: string | undefined;
} {
  const [user, recordId, ...rest] = credential.split(":");
  return rest.length === 1 ? { realm: RealmId.safeParse(user).data, recordId } : {};
}

/** A refresh token that was used before is in two hands, so nobody keeps what it stands for. */
async function endReplayed(
  { env, realm, ip }: { env: Env; realm: string; ip: string | null },
  recordId: string,
  refreshToken: string,
): Promise<void> {
  const { clientGrants } = realmOf({ env, realm });
  const grantId = await clientGrants.endIfSpent(recordId, await digestOf(refreshToken));
  if (grantId === undefined) return;
  const target = { token_id: grantId };
  await entered({ env, realm, actor: grantId, ip }, "oauth/replay", target);
}

/** The library has told that the client is who it says; our own tokens it does not know. */
async function dropAccessToken({ req, env }: Context<AppEnv>, form: URLSearchParams) {
  const text = form.get("token") ?? "";
  const token = isAccessToken(text) ? await readAccessToken(text, env) : undefined;
  if (!token) return;
  const { clientGrants } = realmOf({ env, realm: token.realm });
  const digest = await digestOf(token.secret);
  const clientId = form.get("client_id") || basicUser(req.header("authorization"));
  await clientGrants.drop(token.tokenId, digest, clientId);
}

/** Whose secret came in the header, which the library has checked. The ids of clients with a secret need no decoding. */
function basicUser(authorization = ""): string {
  const [, credentials = ""] = /^Basic\s+([A-Za-z\d+/=]+)\s*$/i.exec(authorization) ?? [];
  return atob(credentials).split(":")[0] ?? "";
}

async function withToken(response: Response, token: string): Promise<Response> {
  if (!response.ok) return response;
  const told = await response.json<object>();
  return Response.json({ ...told, access_token: token, token_type: "Bearer" }, response);
}
