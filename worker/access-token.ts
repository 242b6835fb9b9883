/**
 * The text of an access token: `rkat_<realm>.<id>.<secret>.<check>`. The prefix is for secret scanners,
 * the realm and the id say where it is known, the realm keeps a digest of the secret. The check can
 * be computed by the deployment only, so what was guessed or cut off is refused without asking anybody.
 */
export interface AccessToken {
  realm: string;
  tokenId: string;
  secret: string;
}

const shape =
  /^rkat_(?<realm>[A-Za-z0-9][\w-]{0,63})\.(?<tokenId>[0-9a-f]{16})\.(?<secret>[\w-]{43})\.(?<check>[\w-]{8})$/;
const CHECK_CHARS = 8;
// The most that the runtime allows. Whoever holds a token could otherwise try passwords against its check.
const ITERATIONS = 100_000;

type KeyEnv = Pick<Env, "RKAT_TOKEN_KEY" | "RKAT_ADMIN_TOKEN">;

const keys = new Map<string, CryptoKey>();

/** Whether a credential means to be an access token, valid or not. */
export function isAccessToken(text: string): boolean {
  return text.startsWith("rkat_");
}

/** Whether an actor's name is a token's id. */
export function isTokenId(text: string): boolean {
  return /^[0-9a-f]{16}$/.test(text);
}

/** A new token of a realm. */
export async function newAccessToken(
  realm: string,
  key: string,
): Promise<AccessToken & { text: string }> {
  const tokenId = crypto.getRandomValues(new Uint8Array(8)).toHex();
  const secret = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const body = `rkat_${realm}.${tokenId}.${secret}`;
  return { realm, tokenId, secret, text: `${body}.${await checkOf(body, key)}` };
}

/** Takes a token apart; nothing for one that this deployment did not make. */
export async function readAccessToken(text: string, env: KeyEnv): Promise<AccessToken | undefined> {
  const { realm = "", tokenId = "", secret = "", check = "" } = shape.exec(text)?.groups ?? {};
  const key = tokenKey(env);
  if (!key || secret === "") return undefined;
  const expected = await checkOf(text.slice(0, text.lastIndexOf(".")), key);
  return isSameText(check, expected) ? { realm, tokenId, secret } : undefined;
}

/** The deployment's secret behind the checks, if it has one. */
export function tokenKey({ RKAT_TOKEN_KEY, RKAT_ADMIN_TOKEN }: KeyEnv): string | undefined {
  return RKAT_TOKEN_KEY || RKAT_ADMIN_TOKEN || undefined;
}

/** What a grant remembers of the deployment's secrets, which tells nothing about them: a change ends it. */
export async function secretsMark(env: KeyEnv, vouchedBy: "admin" | "token"): Promise<string> {
  const admin = vouchedBy === "admin" ? `\n${env.RKAT_ADMIN_TOKEN ?? ""}` : "";
  return `${vouchedBy}.${await checkOf("what was granted", `${tokenKey(env)}${admin}`)}`;
}

/** Whether the secrets behind a mark are still the deployment's. */
export async function isCurrentMark(mark: string, env: KeyEnv): Promise<boolean> {
  const vouchedBy = mark.startsWith("admin.") ? "admin" : "token";
  return isSameText(mark, await secretsMark(env, vouchedBy));
}

/** What a realm keeps of a secret: SHA-256, in hex. */
export async function digestOf(secret: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes(secret))).toHex();
}

/** Compares texts of equal length in a time that tells nothing about them. */
export function isSameText(a: string, b: string): boolean {
  return a.length === b.length && crypto.subtle.timingSafeEqual(bytes(a), bytes(b));
}

async function checkOf(body: string, key: string): Promise<string> {
  const hmacKey = keys.get(key) ?? (await derived(key));
  keys.set(key, hmacKey);
  const mac = await crypto.subtle.sign("HMAC", hmacKey, bytes(body));
  return base64url(new Uint8Array(mac)).slice(0, CHECK_CHARS);
}

async function derived(key: string): Promise<CryptoKey> {
  const raw = await crypto.subtle.importKey("raw", bytes(key), "PBKDF2", false, ["deriveKey"]);
  const how = {
    name: "PBKDF2",
    hash: "SHA-256",
    salt: bytes("meerkat access tokens"),
    iterations: ITERATIONS,
  };
  const hmac = { name: "HMAC", hash: "SHA-256", length: 256 };
  return crypto.subtle.deriveKey(how, raw, hmac, false, ["sign"]);
}

function base64url(data: Uint8Array): string {
  return data.toBase64({ alphabet: "base64url", omitPadding: true });
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
