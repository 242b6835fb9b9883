import { createRemoteJWKSet, decodeJwt, errors, jwtVerify, type JWTPayload } from "jose";
import { AppError } from "../sdk/contract/index.ts";
import type { Grant } from "./grant.ts";
import { type Issuer, issuersOf, scopesIn } from "./jwt-issuers.ts";

// Asymmetric only: a public key of the issuer must never do as a secret.
const ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
];
const SKEW_SECONDS = 30;
const KEYS_KEPT_MS = 600_000;
const MAX_ACTOR_CHARS = 128;

type Keys = ReturnType<typeof createRemoteJWKSet>;

/** Issuers' public keys, kept per isolate; an unknown key id asks again, twice a minute at most. */
const keySets = new Map<string, Keys>();

/** Whether a credential means to be a JWT that this deployment could take. */
export function isJwt(text: string, { RKAT_JWT_ISSUERS }: Env): boolean {
  return Boolean(RKAT_JWT_ISSUERS) && /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text);
}

/**
 * What a JWT of one of the operator's issuers allows in the realm `asked`, or in the first that it names.
 * @throws {AppError} `UNAUTHORIZED`; `SCOPE_DENIED` for a realm that it does not give;
 * `SERVICE_UNAVAILABLE` when the issuer's keys cannot be had
 */
export async function jwtGrant(token: string, env: Env, asked: string | undefined): Promise<Grant> {
  const issuer = issuersOf(env).find((known) => known.issuer === issuerIn(token));
  if (!issuer) throw refused("its issuer is not in RKAT_JWT_ISSUERS");
  const claims = await verified(token, issuer);
  const fallback = env.RKAT_DEFAULT_REALM;
  const { realm, scopes } = scopesIn(issuer, claims, asked, fallback);
  if (realm === undefined || scopes.length === 0) {
    const where = asked === undefined ? "any realm" : `realm '${asked}'`;
    throw new AppError("SCOPE_DENIED", `This JWT gives no access to ${where}`);
  }
  const actor = `jwt:${claims.sub ?? ""}`.slice(0, MAX_ACTOR_CHARS);
  return { scopes, actor, realm, expiresAt: claims.exp, reach: "realm" };
}

async function verified(token: string, issuer: Issuer): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keysOf(issuer.jwks_uri), {
      issuer: issuer.issuer,
      audience: issuer.audience,
      algorithms: ALGORITHMS,
      clockTolerance: SKEW_SECONDS,
      requiredClaims: ["exp"],
    });
    return payload;
  } catch (cause) {
    if (cause instanceof errors.JWTExpired) throw refused("it has expired");
    if (cause instanceof errors.JWTClaimValidationFailed)
      throw refused(`its ${cause.claim} differs`);
    if (cause instanceof errors.JOSEError && !isOfKeys(cause))
      throw refused("its signature does not hold");
    console.error("an issuer's keys could not be had", cause);
    throw new AppError("SERVICE_UNAVAILABLE", "The JWT's issuer did not tell its keys: try again");
  }
}

function isOfKeys(cause: errors.JOSEError): boolean {
  const isPlain = cause.constructor === errors.JOSEError;
  return isPlain || cause instanceof errors.JWKSTimeout || cause instanceof errors.JWKSInvalid;
}

function keysOf(uri: string): Keys {
  const known =
    keySets.get(uri) ??
    createRemoteJWKSet(new URL(uri), { cacheMaxAge: KEYS_KEPT_MS, timeoutDuration: 5_000 });
  keySets.set(uri, known);
  return known;
}

function issuerIn(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    throw refused("it cannot be read");
  }
}

function refused(why: string): AppError {
  return new AppError("UNAUTHORIZED", `The JWT is not valid: ${why}`);
}
