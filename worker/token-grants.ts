import { AppError, type TokenInfo } from "../sdk/contract/index.ts";
import {
  type AccessToken,
  digestOf,
  isCurrentMark,
  isTokenId,
  isSameText,
  newAccessToken,
  readAccessToken,
  tokenKey,
} from "./access-token.ts";
import type { Caller } from "./call.ts";
import { boundTo, type Grant } from "./grant.ts";
import type { NewToken, TokenGrant } from "./index.ts";
import { realmOf } from "./session-address.ts";

/** How long another isolate may still take a token that was revoked. */
const KEPT_MS = 30_000;
const MOST_KEPT = 1_000;

interface Kept {
  grant: TokenGrant | undefined;
  until: number;
}

/** What realms said of tokens, also of those that they do not know. */
const kept = new Map<string, Kept>();

/**
 * What an access token allows. It is looked up in its realm at most once in 30 seconds per isolate, and
 * never for a realm that is not the one asked for.
 * @throws {AppError} `UNAUTHORIZED`, or `SCOPE_DENIED` for another realm or page than its own
 */
export async function tokenGrant(
  text: string,
  env: Env,
  asked: string | undefined,
  origin: string | null,
): Promise<Grant> {
  const token = await readAccessToken(text, env);
  if (!token) throw invalid();
  const { realm, tokenId, secret } = token;
  if (asked !== undefined && asked !== realm) throw boundTo(realm);
  const grant = await lookUp(token, env);
  if (!grant || !isSameText(await digestOf(secret), grant.digest)) throw invalid();
  if (hasExpired(grant)) {
    throw new AppError("UNAUTHORIZED", "The access token has expired");
  }
  if (origin !== null && grant.origins?.includes(origin) === false) {
    throw new AppError("SCOPE_DENIED", `This token is not for pages of '${origin}'`);
  }
  const { scopes, confines, expiresAt, client } = grant;
  if (client && !(await isCurrentMark(client.mark, env))) throw invalid();
  const held = client ? { client: client.clientId, actor: client.grantId } : { actor: tokenId };
  return { realm, scopes, confines, expiresAt, ...held, reach: "realm" };
}

/** Whether the access that a long connection came with still stands; only tokens can be revoked before their end. */
export async function stillStands({
  env,
  realm,
  actor,
  expiresAt,
}: Pick<Caller, "env" | "realm" | "actor" | "expiresAt">): Promise<boolean> {
  if (hasExpired({ expiresAt })) return false;
  return !isTokenId(actor) || (await lookUp({ realm, tokenId: actor }, env)) !== undefined;
}

/** Makes a token of the caller's realm; its text is told once. @throws {AppError} `CAPABILITY_UNAVAILABLE` */
export async function mintToken(
  { env, realm, actor }: Pick<Caller, "env" | "realm" | "actor">,
  request: Omit<NewToken, "tokenId" | "digest" | "createdBy">,
): Promise<TokenInfo & { token: string }> {
  const key = tokenKey(env);
  if (!key) {
    const message =
      "This server cannot make tokens: set the secret RKAT_ADMIN_TOKEN or RKAT_TOKEN_KEY";
    throw new AppError("CAPABILITY_UNAVAILABLE", message);
  }
  const { text, ...stored } = await freshToken(realm, key);
  const { tokens } = realmOf({ env, realm });
  const info = await tokens.add({ ...request, ...stored, createdBy: actor });
  return { ...info, token: text };
}

/** The text of a new token, and what its realm is to keep of it. */
export async function freshToken(
  realm: string,
  key: string,
): Promise<{ text: string; tokenId: string; digest: string }> {
  const { tokenId, secret, text } = await newAccessToken(realm, key);
  return { text, tokenId, digest: await digestOf(secret) };
}

/**
 * Ends a token and what clients were granted in its name: here at once, in other isolates within 30
 * seconds. @returns whether there was one
 */
export async function revokeToken(caller: Caller, tokenId: string): Promise<boolean> {
  const revoked = await realmOf(caller).tokens.revoke(tokenId);
  for (const id of [tokenId, ...revoked]) kept.delete(`${caller.realm}.${id}`);
  return revoked.length > 0;
}

/** Values are kept, not promises: the platform ties a promise to the request that made it. */
async function lookUp(
  { realm, tokenId }: Pick<AccessToken, "realm" | "tokenId">,
  env: Env,
): Promise<TokenGrant | undefined> {
  const name = `${realm}.${tokenId}`;
  const known = kept.get(name);
  const until = Date.now() + KEPT_MS;
  if (known && Date.now() < known.until) return known.grant;
  const grant = await realmOf({ env, realm }).tokens.find(tokenId);
  kept.delete(name);
  kept.set(name, { grant, until });
  const [oldest] = kept.keys();
  if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
  return grant;
}

function hasExpired({ expiresAt }: Pick<Grant, "expiresAt">): boolean {
  return expiresAt !== undefined && expiresAt * 1_000 <= Date.now();
}

function invalid(): AppError {
  return new AppError("UNAUTHORIZED", "The access token is not valid");
}
