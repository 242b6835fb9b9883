import type { JWTPayload } from "jose";
import * as z from "zod";
import { AppError, RealmId, Scope } from "../sdk/contract/index.ts";

const FromClaim = z.strictObject({ claim: z.string().min(1) });

/** Who gets what: everybody, or those with a claim of a value. */
const Rule = z.strictObject({
  when: z.strictObject({ claim: z.string().min(1), value: z.string() }).optional(),
  /** Names, `*` for any, or the claim that holds them. */
  realms: z.union([z.array(z.union([RealmId, z.literal("*")])).min(1), FromClaim]),
  scopes: z.union([z.array(Scope).min(1), FromClaim]),
});

const Issuer = z.strictObject({
  issuer: z.string().min(1),
  audience: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
  jwks_uri: z.url({ protocol: /^https$/ }),
  rules: z.array(Rule).min(1),
});

/** An issuer of JWTs whom the operator trusts, and what its claims stand for. */
export type Issuer = z.infer<typeof Issuer>;

let parsed: { text: string; issuers: readonly Issuer[] } | undefined;

/** The issuers of `RKAT_JWT_ISSUERS`. @throws {AppError} `CONFIGURATION_ERROR` */
export function issuersOf({ RKAT_JWT_ISSUERS: text = "[]" }: Env): readonly Issuer[] {
  if (parsed?.text !== text) parsed = { text, issuers: parse(text) };
  return parsed.issuers;
}

/** The realm that a request is about, and what the claims allow there; no realm when there is none for them. */
export function scopesIn(
  { rules }: Issuer,
  claims: JWTPayload,
  asked: string | undefined,
  fallback: string,
): { realm: string | undefined; scopes: Scope[] } {
  const matching = rules
    .filter(({ when }) => !when || wordsOf(claims[when.claim]).includes(when.value))
    .map(({ realms, scopes }) => ({
      realms: namedBy(realms, claims),
      scopes: namedBy(scopes, claims).filter(isScope),
    }));
  const [first] = matching.flatMap(({ realms }) => realms);
  const realm = asked ?? (first === "*" ? fallback : first);
  const scopes = matching
    .filter(({ realms }) => realms.includes("*") || (realm !== undefined && realms.includes(realm)))
    .flatMap((rule) => rule.scopes);
  return { realm, scopes: [...new Set(scopes)] };
}

/** What a claim says must not reach beyond what it names: only the operator may say `*`. */
function namedBy(source: readonly string[] | { claim: string }, claims: JWTPayload): string[] {
  if (!("claim" in source)) return [...source];
  return wordsOf(claims[source.claim]).filter((word) => word !== "*");
}

/** A claim's values: one text with spaces, as `scope` has it, or a list. */
function wordsOf(claim: unknown): string[] {
  if (Array.isArray(claim)) return claim.filter((item) => typeof item === "string");
  return typeof claim === "string" ? claim.split(" ").filter(Boolean) : [];
}

function isScope(word: string): word is Scope {
  return Scope.safeParse(word).success;
}

function parse(text: string): Issuer[] {
  const issuers = z.array(Issuer).safeParse(parseJson(text));
  if (issuers.success) return issuers.data;
  const [issue] = issuers.error.issues;
  const message = `RKAT_JWT_ISSUERS: ${issue?.path.join(".")}: ${issue?.message}`;
  throw new AppError("CONFIGURATION_ERROR", message);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
